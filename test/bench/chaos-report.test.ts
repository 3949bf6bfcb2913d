/** What a chaos report tells of a run, and which runs it calls flawless. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isFlawless, report } from '../../bench/chaos/report.js';
import type { ChaosResult } from '../../bench/chaos/run.js';

describe('a report of chaos', () => {
  const sound: ChaosResult = {
    seed: 1,
    faults: [],
    calm: [1],
    comparisons: (['s2', 'bs', 'c6'] as const).map((card) => ({
      card,
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

  it('tells kinds of faults and not each, but each that was never got over', () => {
    const struck = { name: 'store slow', at: 7, inHand: 3, besides: 0, lasted: 1, recovery: 2 };
    const faults = [struck, { ...struck, recovery: 8, inHand: 4 }, { ...struck, recovery: 4 }];
    const told = report([{ ...sound, faults }]);
    assert.match(told, /^\| store slow \| 3 \| 1\.0 s \| 4\.0 s \| 8\.0 s \|$/m);
    assert.match(told, /^\| scenes in hand when a fault struck, median and most \| 3, 4 \|$/m);
    assert.doesNotMatch(told, /never got over/);
    assert.equal(told.match(/store slow/g)?.length, 1);
    const worse = report([{ ...sound, faults: [...faults, { ...struck, at: 9, recovery: undefined }] }]);
    assert.match(worse, /^- never got over: store slow, struck at 9 s$/m);
  });

  it("keeps other runs' sections in its report", () => {
    const first = report([sound]);
    const both = report([{ ...sound, seed: 2, leaks: ['a log'] }], first);
    assert.ok(both.startsWith(first.trimEnd()));
    assert.match(both, /## 0 faults, seed 2\n[^]*- secret in: a log/);
    assert.equal(report([sound], both).match(/^## /gm)?.length, 2);
  });
});
