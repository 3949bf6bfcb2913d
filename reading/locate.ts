/** Where the objects of a scene lie: at the addresses of its catalogue's assets, else where the layout of keys says. */
import type pg from 'pg';
import type { BandAsset } from '../cards/band-asset.js';
import type { BandSource, CardType, SceneKey } from '../cards/card.js';
import { cardType } from '../cards/card-types.js';
import { type KnownProduct, knownProduct } from '../database/scenes/inventory.js';
import { holdsEsaNumbers } from '../stac/offset-applied.js';
import type { ObjectInfo, ObjectStore } from '../store/object-store.js';
import type { Order, SceneRef } from '../campaigns/order.js';

export interface LocatedScene {
  readonly key: SceneKey;
  readonly card: CardType;
  /** The bands of the order, in its order. */
  readonly sources: readonly BandSource[];
  /** What tells the radiometry, where numbers are to be harmonised and there is such an object. */
  readonly metadata: ObjectInfo | undefined;
  /** All objects the scene needs, each once. */
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
  const assets = product && { bands: assetsOf(product), baseline: product.baseline };
  const key: SceneKey = { reference, obstime, assets };
  const bands = order.bands.map((name) => card.parseBand(name));
  const sources = await card.locate(key, bands, order.bandNames, store);
  const harmonise = order.radiometry === 'harmonised' ? card.harmonise : undefined;
  const metadata = await harmonise?.locate(key, sources, store);
  const objects = [...sources.flatMap((source) => source.objects), ...(metadata ? [metadata] : [])];
  return { key, card, sources, metadata, objects: distinct(objects) };
}

function distinct(objects: readonly ObjectInfo[]): ObjectInfo[] {
  return [...new Map(objects.map((object) => [object.key, object])).values()];
}

/** The fact about offsets belongs to a file. Where an asset has none of its own, its item's is true of all but ESA's files. */
function assetsOf({ hrefs, offsetApplied }: KnownProduct<BandAsset>): Record<string, BandAsset> {
  if (offsetApplied !== true) return hrefs;
  const bands = Object.entries(hrefs).map(([band, asset]): [string, BandAsset] => {
    return [band, { offsetApplied: !holdsEsaNumbers(asset.href), ...asset }];
  });
  return Object.fromEntries(bands);
}
