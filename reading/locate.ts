/**
 * Where the objects of a scene lie: at the addresses of its STAC item's assets, else where the layout of keys says.
 *
 * Terms. *Locate*: to find a band's objects in the store. *Layout*: how a store's keys are made of a product's name.
 */
import type pg from 'pg';
import type { BandAsset } from '../cards/band-asset.js';
import type { BandSource, CardType, SceneKey } from '../cards/card.js';
import { cardType } from '../cards/card-types.js';
import { type KnownProduct, knownProduct } from '../database/scenes/inventory.js';
import type { ObjectInfo, ObjectStore } from '../store/object-store.js';
import { currentBandNames } from '../campaigns/former-names.js';
import { bandsToRead, needsRadiometry } from '../campaigns/bands-to-read.js';
import type { Order, SceneRef } from '../campaigns/order.js';

export interface LocatedScene {
  readonly key: SceneKey;
  readonly card: CardType;
  /** The bands that the order needs read, see `bandsToRead`. */
  readonly sources: readonly BandSource[];
  /** What tells the radiometry, where numbers are to be harmonised and there is such an object. */
  readonly metadata: ObjectInfo | undefined;
  /** All objects the scene needs, each once: those of the sources and the metadata are among them. */
  readonly objects: readonly ObjectInfo[];
}

/** @throws SceneIncomplete with a status word; StoreDenied, StoreFailure */
export async function locateScene(
  { pool, store }: { readonly pool: pg.Pool; readonly store: ObjectStore },
  order: Order,
  scene: SceneRef,
): Promise<LocatedScene> {
  const card = cardType(order.card);
  const { reference, obstime } = scene;
  const product = await knownProduct<BandAsset>(pool, { key: order.tables.catalogue }, scene);
  const assets = product && { bands: bandsOf(card, product), baseline: product.baseline };
  const key: SceneKey = { reference, obstime, assets };
  const bands = bandsToRead(order).map(({ band }) => band);
  const sources = await card.locate(key, bands, currentBandNames(order.bandNames), store);
  const rules = needsRadiometry(order) ? card.radiometry : undefined;
  const metadata = await rules?.locate(key, sources, store);
  const all = [...sources.flatMap((source) => source.objects), ...(metadata ? [metadata] : [])];
  const objects = new Map(all.map((object) => [object.key, object]));
  const once = (object: ObjectInfo): ObjectInfo => objects.get(object.key)!;
  return {
    ...{ key, card },
    sources: sources.map((source) => ({ ...source, objects: source.objects.map(once) })),
    metadata: metadata && once(metadata),
    objects: [...objects.values()],
  };
}

type Kept = Pick<KnownProduct<BandAsset>, 'hrefs' | 'offsetApplied'>;

/** Assets as the sync stored them; the fact about offsets belongs to a file. */
function bandsOf({ items }: CardType, { hrefs, offsetApplied }: Kept): Readonly<Record<string, BandAsset>> {
  return items.offset?.complete(hrefs, offsetApplied) ?? hrefs;
}
