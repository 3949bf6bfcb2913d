/**
 * Where the objects of a scene lie: at the addresses of its STAC item's assets, else where the layout of keys says.
 *
 * Terms. *Locate*: to find a band's objects in the store. *Layout*: how a store's keys are made of a product's name.
 */
import type pg from 'pg';
import type { BandAsset } from '../cards/band-asset.js';
import type { BandNames, BandSource, CardType, SceneKey } from '../cards/card.js';
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
  const { key, sources } = await locateBands({ pool, store }, scene, {
    ...{ card, catalogue: order.tables.catalogue },
    bands: bandsToRead(order).map(({ band }) => band),
    bandNames: currentBandNames(order.bandNames),
  });
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

export interface WantedBands {
  readonly card: CardType;
  /** Canonical: `public.dias_catalogue`. */
  readonly catalogue: string;
  /** As the product calls them. */
  readonly bands: readonly string[];
  readonly bandNames: BandNames;
}

/** Finds bands of a scene. @throws SceneIncomplete with a status word; StoreDenied, StoreFailure */
export async function locateBands(
  { pool, store }: { readonly pool: pg.Pool; readonly store: ObjectStore },
  { obsid, reference, obstime }: SceneRef,
  { card, catalogue, bands, bandNames }: WantedBands,
): Promise<Pick<LocatedScene, 'key' | 'sources'>> {
  const product = await knownProduct<BandAsset>(pool, { key: catalogue }, { obsid, reference });
  const assets = product && { bands: bandsOf(card, product), baseline: product.baseline };
  const key: SceneKey = { reference, obstime, assets };
  return { key, sources: await card.locate(key, bands, bandNames, store) };
}

type Kept = Pick<KnownProduct<BandAsset>, 'hrefs' | 'offsetApplied'>;

/** Assets as the sync stored them; the fact about offsets belongs to a file. */
function bandsOf({ items }: CardType, { hrefs, offsetApplied }: Kept): Readonly<Record<string, BandAsset>> {
  return items.offset?.complete(hrefs, offsetApplied) ?? hrefs;
}
