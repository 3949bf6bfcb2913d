/** Faults of the object store. */
import { setTimeout as sleep } from 'node:timers/promises';
import { between, type Random } from '../../../demo/season/random.js';
import { AMBUSH_MS, type Fault, within } from '../fault.js';
import type { StoreProxy, Trouble } from '../store-proxy.js';

/** How long trouble goes on at most until a request has met it. */
const TROUBLE_MS = 30_000;

export const STORE_FAULTS: readonly Fault[] = [
  fault('store busy (503, Retry-After) for 3 to 10 s', (store, next) =>
    trouble(store, { kind: 'busy', retryAfterSeconds: 1 }, between(next, 3_000, 10_000)),
  ),
  fault('store slow (300 kB/s) for 5 to 15 s', (store, next) =>
    trouble(store, { kind: 'slow', bytesPerSecond: 300_000 }, between(next, 5_000, 15_000)),
  ),
  fault('store cuts downloads in the middle for 3 to 8 s', (store, next) =>
    trouble(store, { kind: 'cut' }, between(next, 3_000, 8_000)),
  ),
  fault('store refuses connections for 3 to 10 s', (store, next) =>
    trouble(store, { kind: 'refuse' }, between(next, 3_000, 10_000)),
  ),
  fault('object replaced in the middle of its download, and put back', async (store) => {
    await within(AMBUSH_MS, store.replaceNext());
    await store.endReplacing();
  }),
];

function fault(name: string, strike: (store: StoreProxy, next: Random) => Promise<void>): Fault {
  return {
    name,
    aim: ({ servers: { store } }, next) => ({ at: ['store'], strike: () => strike(store, next) }),
  };
}

async function trouble(store: StoreProxy, kind: Trouble, ms: number): Promise<void> {
  store.hits = 0;
  store.trouble = kind;
  await sleep(ms);
  for (const end = Date.now() + TROUBLE_MS; store.hits === 0 && Date.now() < end;) await sleep(100);
  store.trouble = undefined;
}
