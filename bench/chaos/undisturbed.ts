/** The campaigns without any fault: what they store is what must be there, and how fast scenes get on is the measure. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../../demo/season/random.js';
import type { Watch } from './watch.js';
import { RECOVERY_MS } from './barrage.js';

const MEASURES = 15;

/** At random moments until `ended`: seconds until every scene in hand has got on. */
export async function measureCalm(watch: Watch, ended: Promise<void>, next: Random): Promise<number[]> {
  const times: number[] = [];
  const run = { over: false };
  const over = ended.finally(() => {
    run.over = true;
  });
  while (!run.over && times.length < MEASURES) {
    await sleep(next() * 1000);
    if (watch.inHand().length === 0) continue;
    const recovered = await watch.recovery(watch.mark(), RECOVERY_MS);
    if (recovered !== undefined) times.push(recovered / 1000);
  }
  await over;
  return times;
}
