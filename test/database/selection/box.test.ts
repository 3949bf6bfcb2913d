import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { boxesMeet } from '../boxes-meet.js';
import { floatAbove, floatBelow, roundOutwards } from '../../../database/selection/box.js';
import { query } from '../../../database/session/session.js';
import { createDatabase, skipWithoutServer } from '../database.js';
import type { TestDatabase } from '../database.js';

const finite = fc.double({ min: -1e30, max: 1e30, noNaN: true });

describe('a box', { skip: skipWithoutServer }, () => {
  let database: TestDatabase;
  before(async () => {
    database = await createDatabase();
  });
  after(() => database.drop());

  it('is rounded to the nearest single-precision numbers outside it', () => {
    fc.assert(
      fc.property(finite, (value) => {
        const [low, high] = [floatBelow(value), floatAbove(value)];
        assert.ok(low <= value && value <= high);
        assert.equal(Math.fround(low), low);
        // Nothing lies between: the middle of the two rounds to one of them.
        assert.ok(low === high || [low, high].includes(Math.fround((low + high) / 2)));
      }),
    );
    assert.deepEqual(
      [floatBelow(0), floatAbove(-0), floatBelow(-1e-60), floatAbove(1e-60)].map(Math.sign),
      [0, -0, -1, 1],
    );
  });

  it('meets another exactly where PostGIS says so', async () => {
    // Corners a few units of the last place apart: where rounding decides.
    const near = fc.record({
      base: fc.constantFrom(250_000, 12.3456, -0.1),
      ulps: fc.integer({ min: -4, max: 4 }),
    });
    const corner = near.map(({ base, ulps }) => base * (1 + ulps * 2 ** -25));
    const box = fc
      .tuple(corner, corner)
      .map(([x, y]) => ({ minX: x, minY: y, maxX: x + Math.abs(x), maxY: y + Math.abs(y) }));
    const west = fc
      .tuple(corner, corner)
      .map(([x, y]) => ({ minX: x - Math.abs(x), minY: y - Math.abs(y), maxX: x, maxY: y }));
    let met = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(box, west), { minLength: 100, maxLength: 100 }), async (pairs) => {
        const side = (pick: (pair: (typeof pairs)[number]) => number) => pairs.map(pick);
        const rows = await query<{ meet: boolean }>(
          database.pool,
          `SELECT ST_MakeEnvelope(a, b, c, d) && ST_MakeEnvelope(e, f, g, h) AS meet
           FROM unnest($1::float8[], $2::float8[], $3::float8[], $4::float8[], $5::float8[], $6::float8[], $7::float8[], $8::float8[])
             AS pair (a, b, c, d, e, f, g, h)`,
          [
            ...(['minX', 'minY', 'maxX', 'maxY'] as const).map((key) => side(([one]) => one[key])),
            ...(['minX', 'minY', 'maxX', 'maxY'] as const).map((key) => side(([, two]) => two[key])),
          ],
        );
        const ours = pairs.map(([one, two]) => boxesMeet(roundOutwards(one), roundOutwards(two)));
        met += ours.filter(Boolean).length;
        assert.deepEqual(
          ours,
          rows.map(({ meet }) => meet),
        );
      }),
      { numRuns: 20 },
    );
    assert.ok(met > 100 && met < 1900, `both answers occur: ${met} of 2000`);
  });
});
