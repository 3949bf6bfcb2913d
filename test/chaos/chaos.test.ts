/** A short chaos run: the same code as `npm run chaos`, with fewer scenes and faults. */
import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { deck } from '../../bench/chaos/barrage.js';
import { isFlawless, report } from '../../bench/chaos/report.js';
import { runChaos } from '../../bench/chaos/run.js';
import { skipWithoutServer } from '../database/database.js';
import { skipWithoutStore } from '../end-to-end/gateway.js';
import { skipWithoutTemporal } from '../workflows/server.js';

const skip = skipWithoutServer || skipWithoutTemporal || skipWithoutStore;
const SEED = 5;
const FAULTS = 15;
const CARDS = ['s2', 'bs', 'c6'];

describe('chaos', { skip }, () => {
  it(`${FAULTS} faults on top of each other lose no row, double none, and leave no scene stuck`, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'parcelwise-chaos-'));
    try {
      // PostgreSQL may run as another user than ours.
      await chmod(folder, 0o711);
      const result = await runChaos({
        folder,
        faults: deck(FAULTS, SEED),
        seed: SEED,
        gapMs: [1_000, 3_000],
        scenes: 6,
        enough: 2,
        // One of each card is sound.
        originals: { s2: 3, bs: 1, c6: 2 },
        say: () => undefined,
      });
      const told = report([result]);
      assert.ok(isFlawless(result), told);
      assert.equal(result.faults.length, FAULTS);
      assert.deepEqual(
        result.comparisons.map(({ card }) => card),
        CARDS,
      );
      for (const { card, scenes, rows } of result.comparisons) assert.ok(scenes > 0 && rows > 1000, card);
      assert.ok(result.audited.parcels > 1000, told);
      for (const [what, looked] of Object.entries(result.looked))
        assert.ok(looked > 2, `looked at ${looked} ${what}`);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
