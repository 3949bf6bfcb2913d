import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Bounds } from '../../zonal/bounds.js';
import { TransformPatches } from '../../zonal/transform-patches.js';

type Transform = (x: number, y: number) => [number, number];

const RADIUS = 6_371_000;
/** From degrees on a sphere to metres: the transverse Mercator projection about 9 degrees east (Snyder 1987, (8-1) to (8-3)). */
const mercator: Transform = (longitude, latitude) => {
  const [east, north] = [((longitude - 9) * Math.PI) / 180, (latitude * Math.PI) / 180];
  return [
    500_000 + RADIUS * Math.atanh(Math.cos(north) * Math.sin(east)),
    RADIUS * Math.atan2(Math.tan(north), Math.cos(east)),
  ];
};

function images(points: Float64Array, transform: Transform): Float64Array {
  const out = new Float64Array(points.length);
  for (let k = 0; k < points.length; k += 2) out.set(transform(points[k]!, points[k + 1]!), k);
  return out;
}

function through(box: Bounds, transform: Transform, tolerance = 1e-7): TransformPatches | undefined {
  return TransformPatches.through(box, images(TransformPatches.points(box), transform), tolerance);
}

const tile = { minX: 8.2, minY: 47.3, maxX: 9.8, maxY: 48.4 };

describe('patches of a transformation', () => {
  it('give what the transformation gives, wherever a point of the box lies', () => {
    const corner = fc.record({
      minX: fc.double({ min: 5, max: 12, noNaN: true }),
      minY: fc.double({ min: -70, max: 70, noNaN: true }),
    });
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(
        corner,
        fc.array(fc.tuple(share, share), { minLength: 1, maxLength: 50 }),
        ({ minX, minY }, places) => {
          const box = { minX, minY, maxX: minX + 1.6, maxY: minY + 1.1 };
          const points = new Float64Array(places.flatMap(([x, y]) => [minX + 1.6 * x, minY + 1.1 * y]));
          const expected = images(points, mercator);
          through(box, mercator)!.apply(points, 0, points.length);
          for (const [i, value] of points.entries()) assert.ok(Math.abs(value - expected[i]!) < 2e-8);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('give polynomials of their degree to the rounding', () => {
    const box = { minX: -3, minY: 2, maxX: 9, maxY: 14 };
    const transform: Transform = (x, y) => [x ** 4 - 3 * x * y ** 3 + 7, y ** 4 - x ** 2 * y ** 2 + x];
    const points = new Float64Array([-3, 2, 9, 14, -3, 14, 0.1, 3.3, 4, 8, 8.999, 2.001]);
    const expected = images(points, transform);
    through(box, transform)!.apply(points, 0, points.length);
    for (const [i, value] of points.entries()) assert.ok(Math.abs(value - expected[i]!) < 1e-9);
  });

  it('transform the points asked for and no others', () => {
    const points = new Float64Array([9, 48, 9, 48, 9, 48]);
    through(tile, mercator)!.apply(points, 2, 4);
    const [x, y] = mercator(9, 48);
    assert.deepEqual(
      [...points].map((value) => value.toFixed(6)),
      [9, 48, x, y, 9, 48].map((value) => value.toFixed(6)),
    );
  });

  it('transform the same point to the same place, so that rings stay closed', () => {
    const points = new Float64Array([9.123, 48.001, 8.5, 47.5, 9.123, 48.001]);
    through(tile, mercator)!.apply(points, 0, 6);
    assert.deepEqual([points[4], points[5]], [points[0], points[1]]);
  });

  // The smallest of these is what a grid of a datum shift bends by; a border between two shifts jumps by decimetres.
  for (const [what, shift] of [
    ['a bend of 0.1 mm within ten kilometres', (x: number) => 1e-4 * Math.abs(x - 9.03) * 7.4],
    ['a border where it jumps by a decimetre', (x: number) => (x > 8.21 ? 0.1 : 0)],
    ['a border that cuts off a corner of the box', (x: number, y: number) => (x + y > 58.19 ? 0.01 : 0)],
    ['a place where it has no answer', (x: number, y: number) => (x < 8.5 && y < 47.6 ? NaN : 0)],
    ['a place where it is infinite', (x: number) => (x > 9.7 ? Infinity : 0)],
  ] as const) {
    it(`are refused where the transformation has ${what}`, () => {
      const broken: Transform = (x, y) => {
        const [east, north] = mercator(x, y);
        return [east, north + shift(x, y)];
      };
      assert.ok(through(tile, mercator));
      assert.equal(through(tile, broken), undefined);
    });
  }
});
