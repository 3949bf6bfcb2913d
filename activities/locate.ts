/** Where the objects of a scene lie: at the addresses its catalogue told a sync, else where the layout of keys says. */
import type { BandSource, CardType, SceneKey } from '../cards/card.js';
import { cardType } from '../cards/index.js';
import { knownProduct } from '../catalogue/inventory.js';
import type { ObjectInfo } from '../store/object-store.js';
import type { Order, SceneRef } from './contract.js';
import type { HostSite } from './site.js';

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
  { pool, store }: Pick<HostSite, 'pool' | 'store'>,
  order: Order,
  scene: SceneRef,
): Promise<LocatedScene> {
  const card = cardType(order.card);
  const { reference, obstime } = scene;
  const product = await knownProduct(pool, { key: order.tables.catalogue }, scene);
  const told = product && { places: product.hrefs, offsetApplied: product.offsetApplied };
  const key: SceneKey = { reference, obstime, told };
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
