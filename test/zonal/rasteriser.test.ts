import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Grid } from '../../zonal/grid.js';
import { Rasteriser } from '../../zonal/rasteriser.js';
import {
  centreOf,
  distanceToEdges,
  isInside,
  onGround,
  parcelSet,
  pixelsOf,
  rectangle,
  type Polygon,
  type Ring,
  spansOf,
} from './shapes.js';

const GRID: Grid = { width: 24, height: 20, originX: 500_000, originY: 4_300_020, stepX: 10, stepY: -10 };

function pixels(grid: Grid, polygons: readonly Polygon[]): number[] {
  const { start, length, count } = spansOf(grid, parcelSet(polygons));
  return pixelsOf(start, length, 0, count);
}

/** Draws the pixels of polygons given in columns and rows. */
function draw(...polygons: Ring[][]): string[] {
  const grid: Grid = { width: 6, height: 5, originX: 0, originY: 50, stepX: 10, stepY: -10 };
  const inside = new Set(
    pixels(
      grid,
      polygons.map((rings) => rings.map((ring) => onGround(grid, ring))),
    ),
  );
  return Array.from({ length: grid.height }, (_, row) =>
    Array.from({ length: grid.width }, (_, column) =>
      inside.has(row * grid.width + column) ? '#' : '.',
    ).join(''),
  );
}

const coordinate = fc.double({ min: -6, max: 30, noNaN: true });
const ring = fc.array(fc.tuple(coordinate, coordinate), { minLength: 3, maxLength: 12 });
const polygon = fc.array(ring, { minLength: 1, maxLength: 3 });

describe('the pixels of a parcel', () => {
  it('are those whose centre lies inside: any rings, holes, overlapping polygons, over the edges of the grid', () => {
    fc.assert(
      fc.property(fc.array(polygon, { minLength: 1, maxLength: 4 }), (shapes) => {
        const polygons = shapes.map((rings) => rings.map((points) => onGround(GRID, points)));
        const inside = new Set(pixels(GRID, polygons));
        for (let pixel = 0; pixel < GRID.width * GRID.height; pixel++) {
          const centre = centreOf(GRID, pixel);
          if (inside.has(pixel) === isInside(centre, polygons)) continue;
          // Rounding decides on an edge; holes may stick out of their shell, where rasterstats cuts them off.
          assert.ok(
            distanceToEdges(centre, polygons) < 1e-6 || !isInsideShellBounds(centre, polygons),
            `pixel ${pixel}`,
          );
        }
      }),
      { numRuns: 400 },
    );
  });

  it('come as spans in raster order that neither overlap nor touch nor leave their row', () => {
    fc.assert(
      fc.property(fc.array(polygon, { minLength: 1, maxLength: 4 }), (shapes) => {
        const set = parcelSet(shapes.map((rings) => rings.map((points) => onGround(GRID, points))));
        const { start, length, count } = spansOf(GRID, set);
        for (let k = 0; k < count; k++) {
          const end = start[k]! + length[k]!;
          assert.ok(length[k]! > 0 && start[k]! >= 0 && end <= GRID.width * GRID.height);
          assert.equal(Math.floor(start[k]! / GRID.width), Math.floor((end - 1) / GRID.width));
          if (k > 0) assert.ok(start[k]! >= start[k - 1]! + length[k - 1]!);
        }
      }),
      { numRuns: 400 },
    );
  });

  it('do not depend on where the rings begin or which way they run', () => {
    const half = fc.integer({ min: -4, max: 48 }).map((n) => n / 2);
    const simple = fc.tuple(half, half, half, half).filter(([a, b, c, d]) => a !== c && b !== d);
    fc.assert(
      fc.property(simple, fc.nat(3), (corners, turn) => {
        const box = onGround(GRID, rectangle(...corners));
        const turned = [...box.slice(turn), ...box.slice(0, turn)];
        assert.deepEqual(pixels(GRID, [[turned]]), pixels(GRID, [[box]]));
        assert.deepEqual(pixels(GRID, [[turned.reverse()]]), pixels(GRID, [[box]]));
      }),
    );
  });

  it('include a centre on the right or upper edge, not one on the left or lower edge', () => {
    assert.deepEqual(draw([rectangle(1.5, 0.5, 4.5, 3.5)]), [
      '..###.',
      '..###.',
      '..###.',
      '..###.',
      '......',
    ]);
  });

  it('are united over polygons that overlap, and left out where a hole is', () => {
    const holed = [rectangle(0, 0, 4, 5), rectangle(1, 1, 3, 3)];
    assert.deepEqual(draw(holed), ['####..', '#..#..', '#..#..', '####..', '####..']);
    assert.deepEqual(draw(holed, [rectangle(2, 2, 6, 4)]), [
      '####..',
      '#..#..',
      '#.####',
      '######',
      '####..',
    ]);
  });

  it('follow the even-odd rule where a ring crosses itself', () => {
    const bowTie: Ring = [
      [0, 0],
      [6, 5],
      [6, 0],
      [0, 5],
    ];
    assert.deepEqual(draw([bowTie]), ['#....#', '##..##', '######', '##..##', '#....#']);
  });

  it('are none for an empty geometry, for slivers between centres, and outside the grid', () => {
    assert.deepEqual(pixels(GRID, []), []);
    assert.deepEqual(pixels(GRID, [[onGround(GRID, rectangle(3.6, 3.6, 4.4, 9))]]), []);
    assert.deepEqual(pixels(GRID, [[onGround(GRID, rectangle(24, 0, 40, 9))]]), []);
    assert.deepEqual(pixels(GRID, [[onGround(GRID, rectangle(-9, -9, 0, 0))]]), []);
  });

  it('are the whole grid under a parcel of any size', () => {
    for (const reach of [1e3, 1e9, 1e15, 1e300]) {
      const all = pixels(GRID, [[rectangle(-reach + 500_000, -reach, reach + 500_000, reach + 4_300_000)]]);
      assert.equal(all.length, GRID.width * GRID.height, String(reach));
      const twice = rectangle(-reach, -reach, reach + 500_000, reach + 4_300_000);
      assert.equal(pixels(GRID, [[twice], [twice]]).length, GRID.width * GRID.height, String(reach));
    }
  });

  it('are found under outlines that cross the rows millions of times, in bounded memory', () => {
    const grid: Grid = { ...GRID, width: 3000, height: 1000 };
    // A comb of 1250 teeth, one pixel wide, a pixel apart, given twice: 5 million crossings.
    const comb: [number, number][] = [];
    for (let tooth = 0; tooth < 1250; tooth++) {
      comb.push([2 * tooth, 1000], [2 * tooth, 0], [2 * tooth + 1, 0], [2 * tooth + 1, 1000]);
    }
    const polygon = [onGround(grid, comb)];
    const { start, length, count } = spansOf(grid, parcelSet([polygon, polygon]));
    assert.equal(count, 1250 * 1000);
    for (let k = 0; k < 1250 * 1000; k++) {
      const tooth = k % 1250;
      if (start[k] !== ((k - tooth) / 1250) * 3000 + 2 * tooth || length[k] !== 1)
        assert.fail(`span ${k}: ${length[k]} pixels from ${start[k]}`);
    }
  });
});

describe('a grid', () => {
  it('is refused when it is too large, not north up, or no grid', () => {
    assert.throws(() => new Rasteriser({ ...GRID, width: 65_536, height: 32_768 }), /too large/);
    assert.throws(() => new Rasteriser({ ...GRID, stepY: 10 }), /north up/);
    assert.throws(() => new Rasteriser({ ...GRID, stepX: NaN }), /north up/);
    assert.throws(() => new Rasteriser({ ...GRID, width: 0 }), /no grid/);
  });

  it('may have 2^31 - 1 pixels', () => {
    const grid: Grid = { ...GRID, width: 2 ** 31 - 1, height: 1 };
    const right = onGround(grid, rectangle(grid.width - 3, 0, grid.width + 1, 1));
    assert.deepEqual(pixels(grid, [[right]]), [grid.width - 3, grid.width - 2, grid.width - 1]);
  });
});

function isInsideShellBounds([x, y]: readonly [number, number], polygons: readonly Polygon[]): boolean {
  const shells = polygons.map(([shell]) => shell!);
  const xs = shells.flatMap((points) => points.map((point) => point[0]));
  const ys = shells.flatMap((points) => points.map((point) => point[1]));
  return (
    x - GRID.stepX > Math.min(...xs) &&
    x + GRID.stepX < Math.max(...xs) &&
    y + GRID.stepY > Math.min(...ys) &&
    y - GRID.stepY < Math.max(...ys)
  );
}
