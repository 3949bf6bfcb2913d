/** The kernel's way to rasterise against the general one. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Grid } from '../../zonal/grid.js';
import { threadKernel } from '../../zonal/kernel.js';
import { OutlineRasteriser } from '../../zonal/outline-rasteriser.js';
import type { ParcelSet } from '../../zonal/parcel-set.js';
import { SpanList } from '../../zonal/span-list.js';
import { onGround, parcelSet, pixelsOf, type Polygon, rectangle, type Ring, spansOf } from './shapes.js';

/** Steps that no power of two divides, so that nearly every product is rounded. */
const GRID: Grid = {
  width: 60,
  height: 50,
  originX: 600_000.1,
  originY: 5_800_020.7,
  stepX: 0.3,
  stepY: -0.7,
};

/** No vertex is rounded here, so that it can lie exactly on a centre line, and crossings within a bit of a centre. */
const EXACT: Grid = { width: 60, height: 50, originX: 0, originY: 64, stepX: 1, stepY: -1 };

/** The pixels of each parcel, found by OutlineRasteriser alone. */
function slowly(grid: Grid, set: ParcelSet): number[][] {
  const outlines = new OutlineRasteriser(grid);
  return Array.from(set.pids, (_, index) => {
    const spans = new SpanList();
    outlines.rasterise(set, index, spans);
    return pixelsOf(spans.start, spans.length, 0, spans.count);
  });
}

function assertSamePixels(grid: Grid, set: ParcelSet): void {
  const { start, length, offsets, count } = spansOf(grid, set);
  const expected = slowly(grid, set);
  expected.forEach((pixels, index) => {
    assert.deepEqual(
      pixelsOf(start, length, offsets[index]!, offsets[index + 1]!),
      pixels,
      `parcel ${index}`,
    );
  });
  assert.equal(offsets[expected.length], count);
}

function blockWith(grid: Grid, set: ParcelSet): (from: number) => number {
  const { block } = threadKernel();
  block.setGrid(grid);
  const end = block.load(set, 0);
  return (from) => block.rasterise(from, end, new SpanList(), new Uint32Array(set.count + 1));
}

const anywhere = fc.double({ min: -8, max: 68, noNaN: true });
const onHalves = fc.integer({ min: -8, max: 130 }).map((n) => n / 2);
const far = fc.constantFrom(1e3, -1e3, 1e7, -1e9, 1e12, 1e200, -1e200, 1e307);
const coordinate = fc.oneof({ arbitrary: anywhere, weight: 8 }, { arbitrary: onHalves, weight: 4 });
const wild = fc.oneof({ arbitrary: coordinate, weight: 20 }, { arbitrary: far, weight: 1 });
const ringOf = (numbers: fc.Arbitrary<number>, maxLength: number) =>
  fc.array(fc.tuple(numbers, numbers), { minLength: 1, maxLength });
/** Rings whose every other edge runs through the centre of a pixel, but for what rounding makes of it. */
const throughCentres = fc.array(
  fc
    .tuple(fc.nat(59), fc.nat(49), ...[1, 2, 3, 4].map(() => fc.integer({ min: -99, max: 99 })))
    .map(([column, row, x, y, before, after]): (readonly [number, number])[] =>
      [before!, after!].map((far) => [column + 0.5 + (x! * far) / 700, row + 0.5 + (y! * far) / 700]),
    ),
  { minLength: 2, maxLength: 6 },
);
const rings = fc.oneof(
  { arbitrary: throughCentres.map((edges) => edges.flat()), weight: 4 },
  { arbitrary: ringOf(anywhere, 12), weight: 3 },
  { arbitrary: ringOf(coordinate, 40), weight: 3 },
  { arbitrary: ringOf(wild, 12), weight: 2 },
);
/** Mostly one polygon, which may have holes, inside or not. */
const parcel = fc.oneof(
  { arbitrary: fc.array(rings, { minLength: 1, maxLength: 3 }).map((polygon) => [polygon]), weight: 6 },
  { arbitrary: fc.array(fc.array(rings, { minLength: 1, maxLength: 2 }), { maxLength: 3 }), weight: 1 },
);

describe('a block of parcels', () => {
  it('has the pixels that the general way finds: any rings, parcels of several polygons among them', () => {
    fc.assert(
      fc.property(fc.constantFrom(GRID, EXACT), fc.array(parcel, { maxLength: 12 }), (grid, shapes) => {
        const onGrid = shapes.map((polygons) =>
          polygons.map((polygon): Polygon => polygon.map((ring) => onGround(grid, ring))),
        );
        assertSamePixels(grid, parcelSet(...onGrid));
      }),
      { numRuns: 1000 },
    );
  });

  it('has them of parcels that differ in size and number from what it holds at a time', () => {
    const grid: Grid = { ...GRID, width: 300, height: 6000 };
    const zigzag = (points: number): Ring =>
      onGround(
        grid,
        Array.from({ length: points }, (_, i) => [
          i % 7 < 3 ? 20 + (i % 5) : 90 - (i % 11),
          (i * 40) / points,
        ]),
      );
    const box = onGround(grid, rectangle(3.2, 4.1, 9.7, 8.8));
    const tall = (height: number): Ring => onGround(grid, rectangle(-5, 10, 40, height));
    const many = Array.from({ length: 2500 }, (_, i) => [[i % 100 === 50 ? zigzag(300) : box]]);
    const holes = Array.from({ length: 4200 }, (_, i) => onGround(grid, rectangle(5, 5, 5 + (i % 3), 6)));
    const large = [[[zigzag(8190)]], [[zigzag(8191)]], [[zigzag(8192)]], [[box, ...holes]]];
    const high = [4000, 4105, 4106, 4107, 5000, 6100].map((height) => [[tall(height)]]);
    assertSamePixels(grid, parcelSet(...many, ...large, ...high, [[box], [box]], [], [[box]]));
  });

  it('is rasterised without the general way, but for parcels that need it', () => {
    const ordinary = [
      [onGround(GRID, rectangle(3.2, 4.1, 9.7, 8.8)), onGround(GRID, rectangle(4.3, 5.2, 6, 7))],
    ];
    const several = [...ordinary, ...ordinary];
    const run = blockWith(GRID, parcelSet(ordinary, ordinary, several, ordinary, [], ordinary));
    assert.deepEqual([0, 1, 2, 3].map(run), [2, 2, 2, 6]);
    const along = [[onGround(EXACT, rectangle(3, 4.5, 9, 8))]];
    const comb = [[Array.from({ length: 10 }, (_, i) => [i + 1, i % 2 === 0 ? 60 : 50] as const)]];
    assert.equal(blockWith(EXACT, parcelSet(along))(0), 0);
    assert.equal(blockWith(EXACT, parcelSet(comb))(0), 0);
  });

  it('has them where a grid has columns beyond 16 bits', () => {
    const grid: Grid = { ...GRID, width: 2 ** 28, height: 7 };
    const at = 2 ** 28 - 70_000;
    const boxes = [65_534, 65_535, 65_536, 80_000].map((width) => [
      [onGround(grid, rectangle(at + 0.25, 1.1, at + width, 5.9))],
    ]);
    assertSamePixels(grid, parcelSet(...boxes));
  });
});
