/** A short chaos run: the same code as `npm run chaos`, with fewer scenes and faults. */
import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { deck } from '../../bench/chaos/barrage.js';
import { isFlawless, report } from '../../bench/chaos/report.js';
import { type ChaosResult, runChaos } from '../../bench/chaos/run.js';
import { skipWithoutServer } from '../database/database.js';
import { skipWithoutTemporal } from '../workflows/server.js';

const skip =
  skipWithoutServer || skipWithoutTemporal || (process.env.PARCELWISE_TEST_S3 ? false : 'no store');
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

  const sound: ChaosResult = {
    seed: 1,
    faults: [],
    calm: [1],
    comparisons: CARDS.map((card) => ({
      card: card as 's2',
      scenes: 2,
      rows: 10,
      hists: 0,
      lost: 0,
      surplus: 0,
      doubled: 0,
      stuck: 0,
      misnamed: 0,
      wrong: [],
    })),
    audited: { scenes: 6, parcels: 30, findings: [] },
    broken: [],
    leaks: [],
    looked: { files: 1, histories: 1, titles: 1, answers: 1 },
    ending: 1,
    seconds: 1,
  };
  const spoilt: readonly (readonly [string, Partial<ChaosResult>])[] = [
    ...(['lost', 'surplus', 'doubled', 'stuck', 'misnamed'] as const).map(
      (what) =>
        [
          what,
          { comparisons: sound.comparisons.map((one, i) => (i === 1 ? { ...one, [what]: 1 } : one)) },
        ] as const,
    ),
    ['a finding of the audit', { audited: { ...sound.audited, findings: ['scene 1 has lost a row'] } }],
    ['a broken promise', { broken: ['worker-1 ended by itself'] }],
    ['a secret', { leaks: ['history of scene/1'] }],
  ];
  it('is flawless only where nothing at all is wrong', () => {
    assert.ok(isFlawless(sound));
    for (const [what, change] of spoilt) assert.ok(!isFlawless({ ...sound, ...change }), what);
  });

  it("keeps other runs' sections in its report", () => {
    const first = report([sound]);
    const both = report([{ ...sound, seed: 2, leaks: ['a log'] }], first);
    assert.ok(both.startsWith(first.trimEnd()));
    assert.match(both, /## 0 faults, seed 2\n[^]*- secret in: a log/);
    assert.equal(report([sound], both).match(/^## /gm)?.length, 2);
  });
});
