import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { soakReport } from '../../bench/soak/report.js';
import type { Soak } from '../../bench/soak/run.js';
import type { Day } from '../../bench/soak/scale.js';
import { judge } from '../../bench/soak/verdict.js';

const DAYS = 24;
const TICKS = 24;

/** A soak in which nothing grows, but for what `grown` adds to a day after so many ticks. */
function soak(grown: (ticks: number) => Partial<Day> = () => ({})): Soak {
  const days = Array.from({ length: DAYS }, (_, i): Day => {
    const ticks = TICKS * (i + 1);
    const still = { worker: 300e6, temporal: 200e6, workerFiles: 80, temporalFiles: 120, scratch: 50_000 };
    const kept = { temporalFile: 50_000 * ticks, schema: 400_000, database: 18e6 };
    const day = { day: i + 1, ticks, busy: i % 3 !== 2, seconds: 24, open: 1, schedulerEvents: 100, cpu: {} };
    return { ...day, ...still, ...kept, ...grown(ticks) };
  });
  const one = (type: string) => ({ type, status: 'COMPLETED', ended: 0, events: 20, bytes: 4000 });
  return {
    options: { folder: '', days: DAYS, ticksPerDay: TICKS, everyMs: 1000, say: () => undefined },
    days,
    resting: {},
    closed: ['tick', 'catalogueSync', 'campaign', 'scene'].flatMap((type) => [one(type), one(type)]),
    openAtEnd: 0,
    published: 2,
    statuses: { extracted: 2 },
    audit: { scenes: 2, parcels: 10, rows: 20, hists: 10, findings: [], notes: [], tables: [] } as never,
    seconds: 600,
  };
}

const broken = (judged: Soak): string[] =>
  judge(judged)
    .filter(({ holds }) => !holds)
    .map(({ what }) => what);

describe('the verdict on a soak', () => {
  it('finds nothing where nothing grows', () => {
    assert.deepEqual(broken(soak()), []);
  });

  for (const [name, who] of [
    ['worker', 'worker'],
    ['temporal', 'Temporal server'],
  ] as const) {
    it(`finds memory of the ${who} that grows by more than a tenth in the second half`, () => {
      const at = name === 'worker' ? 300e6 : 200e6;
      const growing = (share: number) => soak((ticks) => ({ [name]: at * (1 + (share * ticks) / 288) }));
      assert.deepEqual(broken(growing(0.05)), []);
      assert.deepEqual(broken(growing(0.25)), [`memory of the ${who} doesn't grow with ticks`]);
    });

    it(`finds a socket that the ${who} leaves open with every tenth tick`, () => {
      const leaking = soak((ticks) => ({ [`${name}Files`]: 100 + Math.floor(ticks / 10) }));
      assert.deepEqual(broken(leaking), [`files and sockets that the ${who} holds open don't grow`]);
    });
  }

  it('finds tables that grow on days without a scene', () => {
    const growing = soak((ticks) => ({ schema: 400_000 + 1000 * ticks }));
    assert.deepEqual(broken(growing), ['the tables of our schema grow with scenes only']);
  });
});

describe('the report of a soak', () => {
  it('tells the first day and those that end a quarter, however many there are', () => {
    const daysOf = (told: Soak): number[] =>
      [...soakReport(told, [], 'facts').matchAll(/^\| (\d+) +\|/gm)].map(([, day]) => Number(day));
    assert.deepEqual(daysOf(soak()), [1, 6, 12, 18, 24]);
    const short = soak();
    assert.deepEqual(daysOf({ ...short, days: short.days.slice(0, 4) }), [1, 2, 3, 4]);
  });
});
