/** One place for one fact: what is told once must not be told again somewhere else. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { ADVISORY_LOCKS } from '../../database/session/advisory-locks.js';
import { STATISTIC_COLUMNS } from '../../database/results/statistic-columns.js';
import { STATISTICS } from '../../zonal/index.js';
import { ROOT } from './import-graph.js';

const ROOMS = Object.keys(
  JSON.parse(readFileSync(join(ROOT, 'test/architecture/rooms.json'), 'utf8')) as object,
);

/** What gives a fact away in code, and the files that may say it. */
const FACTS: readonly { fact: string; sign: RegExp; told: readonly string[] }[] = [
  {
    fact: 'names of statistics',
    sign: /\bp25\b/,
    told: ['database/results/statistic-columns.ts', 'zonal/statistics.ts'],
  },
  {
    fact: 'numbers of advisory locks',
    sign: /advisory_(xact_)?lock/,
    told: ['database/session/advisory-locks.ts'],
  },
  {
    fact: 'classes of SCL that are cloudy',
    sign: /\b3\W+8\W+9\W+10\W+11\b/,
    told: ['cards/s2.ts'],
  },
  {
    fact: 'how an area is taken in square metres',
    sign: /\bST_Area\(/,
    // Migrations stay as they were released; this one compares two shares, and so do scenes over a box.
    told: [
      'database/reads/scenes-at.ts',
      'database/selection/parcel-rule.ts',
      'database/session/migrations/0005-supersession.ts',
    ],
  },
  {
    fact: 'what follows from a failure',
    sign: /'stop-campaign'|'wait-for-room'/,
    // The life of a scene acts on them, by kind.
    told: [
      'campaigns/failure-types.ts',
      'workflows/failures.ts',
      'workflows/scene-life.ts',
      'workflows/scene-steps.ts',
      'workflows/stagings.ts',
    ],
  },
];

function* sources(): Generator<{ file: string; code: string }> {
  for (const room of ROOMS)
    for (const name of readdirSync(join(ROOT, room), { recursive: true, encoding: 'utf8' })) {
      if (!name.endsWith('.ts')) continue;
      const text = readFileSync(join(ROOT, room, name), 'utf8');
      yield { file: `${room}/${name}`, code: text.replace(/\/\*[^]*?\*\/|\/\/.*$/gm, '') };
    }
}

describe('one fact', () => {
  for (const { fact, sign, told } of FACTS)
    it(`has one place: ${fact}`, () => {
      const found = [...sources()].filter(({ code }) => sign.test(code)).map(({ file }) => file);
      assert.deepEqual(found.sort(), told);
    });

  it('is the order of statistics: of what is measured, stored and told', () => {
    assert.deepEqual(STATISTIC_COLUMNS, STATISTICS);
    const columns = STATISTICS.map((name) => `${name} real`).join(', ');
    assert.ok(readFileSync(join(ROOT, 'docs/database.md'), 'utf8').includes(columns), columns);
    const page = readFileSync(join(ROOT, 'docs/statistics.md'), 'utf8');
    for (const name of STATISTICS) assert.ok(page.includes(`\`${name}\``), name);
  });

  it('is the number of an advisory lock', () => {
    const numbers = Object.values(ADVISORY_LOCKS);
    assert.equal(new Set(numbers).size, numbers.length);
  });
});
