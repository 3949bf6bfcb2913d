/** A look at some scenes of a campaign: their parcels, and what the store would have to give for them. */
import type pg from 'pg';
import { clearBandsOf } from '../campaigns/rule.js';
import { type LackingOrder, lackingOf } from '../campaigns/waiting.js';
import type { Order, SceneRef } from '../campaigns/order.js';
import { SceneIncomplete } from '../cards/card.js';
import { changesOf } from '../database/ledger/renewal.js';
import { countParcels } from '../database/parcels/parcels.js';
import type { CheckedSelection } from '../database/selection/check.js';
import { NO_PARCELS } from '../database/terms.js';
import { locateScene } from '../reading/locate.js';
import { bytesToFetch, type PartsLook } from './look-parts.js';
import type { ObjectStore } from '../store/object-store.js';
import { evenRate, RateLimitedStore } from '../store/rate-limited-store.js';

interface Places {
  readonly pool: pg.Pool;
  /** @throws S3ConfigError where none is configured. */
  readonly bucket: () => ObjectStore;
}

interface Watched {
  readonly signal: AbortSignal;
  readonly onProgress: (step: string, share: number | null) => void;
}

/** What one scene would take. */
export interface Look {
  /** What it would be measured in, by names in the results table. */
  readonly bands: readonly string[];
  readonly clearBands: readonly string[];
  readonly parcels: number;
  /** Rows of layers that only have some of these parcels, by layer. */
  readonly skipped: ReadonlyMap<string, number>;
  /** To be fetched. */
  readonly bytes: number;
  readonly requests: number;
  /** The word the scene would end with, where something of it is missing. */
  readonly status: string | undefined;
}

/** Scenes looked at in the store at a time: it must not hinder campaigns under way. */
const LANES = 4;

/** @throws StoreDenied, StoreFailure */
export async function lookAt(
  { pool, bucket }: Places,
  selection: CheckedSelection,
  order: Order,
  scenes: readonly SceneRef[],
  { signal, onProgress }: Watched,
): Promise<Look[]> {
  const looks: Look[] = [];
  const requests = order.limits?.requestsPerSecond;
  if (scenes.length === 0) return looks;
  const store = requests === undefined ? bucket() : new RateLimitedStore(bucket(), evenRate(requests));
  const parts: PartsLook = { pool, selection, store, known: new Map(), signal };
  const left = [...scenes];
  const lane = async (): Promise<void> => {
    for (let scene = left.shift(); scene !== undefined; scene = left.shift()) {
      signal.throwIfAborted();
      const todo = await toDo(pool, selection, order, scene);
      const { bands, clearBands = [] } = todo.order;
      const measured = { bands, clearBands, parcels: todo.parcels, skipped: todo.skipped ?? new Map() };
      looks.push({ ...measured, ...(await inStore(parts, todo, scene)) });
      onProgress('scenes in the store', looks.length / scenes.length);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return looks;
}

/** What of an order a scene would be extracted for, and how many parcels. */
type ToDo = Pick<LackingOrder, 'order' | 'parcels'> &
  Partial<Pick<LackingOrder, 'skipped'>> & {
    /** Where those are not all that the scene meets. */
    readonly only?: readonly number[] | undefined;
  };

async function toDo(
  pool: pg.Pool,
  selection: CheckedSelection,
  order: Order,
  { obsid }: SceneRef,
): Promise<ToDo> {
  if (order.add === true) return await lackingOf(pool, selection, order, obsid);
  const whole = { ...order, clearBands: clearBandsOf(order) };
  if (order.changedOnly !== true)
    return { order: whole, parcels: await countParcels(pool, selection, obsid) };
  const { added, redrawn } = await changesOf(pool, selection, obsid);
  const only = [...added, ...redrawn];
  return { order: whole, parcels: only.length, only };
}

/** What a scene would take from the store; nothing where no parcel lies under it. */
async function inStore(
  look: PartsLook,
  { order, parcels, only }: ToDo,
  scene: SceneRef,
): Promise<Pick<Look, 'bytes' | 'requests' | 'status'>> {
  if (parcels === 0)
    return { bytes: 0, requests: 0, status: order.changedOnly === true ? undefined : NO_PARCELS };
  const counted = counting(look.store);
  try {
    const { objects, sources } = await locateScene({ pool: look.pool, store: counted.store }, order, scene);
    const bytes = await bytesToFetch({ ...look, only, store: counted.store }, sources, objects);
    return { bytes, requests: counted.calls() + objects.length, status: undefined };
  } catch (error) {
    if (!(error instanceof SceneIncomplete)) throw error;
    return { bytes: 0, requests: counted.calls(), status: error.status };
  }
}

/** Counts what is asked of the store; a listing counts as one, which it is for up to a thousand objects. */
function counting(store: ObjectStore): { store: ObjectStore; calls: () => number } {
  let calls = 0;
  const count = <T>(answer: T): T => {
    calls += 1;
    return answer;
  };
  return {
    calls: () => calls,
    store: {
      list: (...args) => count(store.list(...args)),
      folders: (...args) => count(store.folders(...args)),
      read: (...args) => count(store.read(...args)),
      head: (...args) => count(store.head(...args)),
      download: (...args) => count(store.download(...args)),
      fetch: (...args) => count(store.fetch(...args)),
      close: () => undefined,
    },
  };
}
