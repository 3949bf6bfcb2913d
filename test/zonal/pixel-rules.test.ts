/** The pixels of the rules touched, inside and fraction, against others' answers (see fixtures/pixel_rules_cases.py) and by definition. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Coverage } from '../../zonal/coverage.js';
import { CoverageBuilder } from '../../zonal/coverage-builder.js';
import { readCoverageFile, writeCoverageFile } from '../../zonal/coverage-file.js';
import type { Grid } from '../../zonal/grid.js';
import type { ParcelSet } from '../../zonal/parcel-set.js';
import type { PixelRule } from '../../zonal/pixel-rule.js';
import { shareAt, wholeBefore } from '../../zonal/pixel-shares.js';
import { createZonalStatistics } from '../../zonal/statistics.js';
import { onGround, parcelSet, pixelsOf, type Polygon, type Ring } from './shapes.js';

const FIXTURES = new URL('../../../test/zonal/fixtures/', import.meta.url);
const GRID: Grid = { width: 24, height: 20, originX: 500_000, originY: 4_300_020, stepX: 10, stepY: -10 };

function coverageOf(grid: Grid, rule: PixelRule, ...parcels: (readonly Polygon[])[]): Coverage {
  const builder = new CoverageBuilder(grid, rule);
  assert.deepEqual(builder.add(parcelSet(...parcels)), []);
  return builder.finish();
}

/** Parcels whose numbers go on after so many. */
function numbered(parcels: readonly (readonly Polygon[])[], before: number): ParcelSet {
  const set = parcelSet(...parcels);
  return { ...set, pids: set.pids.map((pid) => pid + before) };
}

/** The share of each pixel of a parcel; with other rules than `fraction`, 1. */
function sharesOf({ offsets, start, length, shares }: Coverage, parcel = 0): Map<number, number> {
  const pixels = pixelsOf(start, length, offsets[parcel]!, offsets[parcel + 1]!);
  const of = new Map(pixels.map((pixel) => [pixel, 1]));
  assert.equal(of.size, pixels.length, 'a pixel twice');
  if (shares === undefined) return of;
  let next = 0;
  for (let place = shares.offsets[parcel]!; place < shares.offsets[parcel + 1]!; place++) {
    next += wholeBefore(shares, place);
    of.set(pixels[next++]!, shareAt(shares, place));
  }
  assert.ok(next <= pixels.length);
  return of;
}

/** Twice the signed area of a ring. */
function doubledArea(ring: Ring): number {
  return ring.reduce((sum, [x, y], i) => {
    const [nextX, nextY] = ring[(i + 1) % ring.length]!;
    return sum + x * nextY - nextX * y;
  }, 0);
}

/** What is left of a ring on one side of a line: where `side` is at least 0 (Sutherland and Hodgman 1974). */
function cut(ring: Ring, side: (x: number, y: number) => number): Ring {
  return ring.flatMap(([x, y], i) => {
    const [nextX, nextY] = ring[(i + 1) % ring.length]!;
    const [here, there] = [side(x, y), side(nextX, nextY)];
    const kept: [number, number][] = here >= 0 ? [[x, y]] : [];
    if (here >= 0 !== there >= 0) {
      const t = here / (here - there);
      kept.push([x + t * (nextX - x), y + t * (nextY - y)]);
    }
    return kept;
  });
}

/** The share of a pixel that polygons cover, in columns and rows: rings are cut to its square; holes are taken off. */
function shareByDefinition(polygons: readonly Polygon[], column: number, row: number): number {
  let share = 0;
  for (const rings of polygons)
    rings.forEach((ring, index) => {
      // Near 0 coordinates have digits to spare.
      let rest: Ring = ring.map(([x, y]) => [x - column, y - row]);
      for (const side of [(x: number) => x, (x: number) => 1 - x]) rest = cut(rest, side);
      for (const side of [(_: number, y: number) => y, (_: number, y: number) => 1 - y])
        rest = cut(rest, side);
      share += ((index === 0 ? 1 : -1) * Math.abs(doubledArea(rest))) / 2;
    });
  return share;
}

/** Stars about a point: polygons that don't cross themselves, with a smaller star as a hole in some. */
function star(least: number, most: number): fc.Arbitrary<Polygon> {
  return fc
    .record({
      x: fc.double({ min: -3, max: GRID.width + 3, noNaN: true }),
      y: fc.double({ min: -3, max: GRID.height + 3, noNaN: true }),
      size: fc.double({ min: Math.log(least), max: Math.log(most), noNaN: true }).map(Math.exp),
      flat: fc.constantFrom(1, 1, 1, 0.05, 0.001),
      reaches: fc.array(fc.double({ min: 0.3, max: 1, noNaN: true }), { minLength: 3, maxLength: 14 }),
      snap: fc.constantFrom(0, 0, 0.25, 1),
      hole: fc.boolean(),
    })
    .map(({ x, y, size, flat, reaches, snap, hole }) => {
      const ring = (scale: number): Ring =>
        reaches.map((reach, i) => {
          const angle = (2 * Math.PI * i) / reaches.length;
          const point = [
            x + scale * size * reach * Math.cos(angle),
            y + scale * size * flat * reach * Math.sin(angle),
          ] as const;
          return snap === 0 || size < 4
            ? point
            : ([Math.round(point[0] / snap) * snap, Math.round(point[1] / snap) * snap] as const);
        });
      return hole && (snap === 0 || size < 4) ? [ring(1), ring(0.2)] : [ring(1)];
    });
}

function ground(polygons: readonly Polygon[], grid = GRID): Polygon[] {
  return polygons.map((rings) => rings.map((ring) => onGround(grid, ring)));
}

/** Into the grid's CRS and back, as far as that rounds. */
function rounded(polygons: readonly Polygon[]): Polygon[] {
  return ground(polygons).map((rings) =>
    rings.map((ring) =>
      ring.map(([x, y]) => [(x - GRID.originX) / GRID.stepX, (y - GRID.originY) / GRID.stepY] as const),
    ),
  );
}

describe('the shares of pixels', () => {
  it('are the areas of polygon and pixel together: holes, slivers, several parts, over the edges, below a pixel', () => {
    const parcels = fc.array(fc.oneof(star(0.02, 1), star(0.5, 4), star(2, 30)), {
      minLength: 1,
      maxLength: 3,
    });
    fc.assert(
      fc.property(parcels, (polygons) => {
        const shares = sharesOf(coverageOf(GRID, 'fraction', ground(polygons)));
        const exact = rounded(polygons);
        for (let pixel = 0; pixel < GRID.width * GRID.height; pixel++) {
          const expected = shareByDefinition(exact, pixel % GRID.width, Math.floor(pixel / GRID.width));
          const share = shares.get(pixel) ?? 0;
          assert.ok(Math.abs(share - expected) <= 1e-9, `pixel ${pixel}: ${share}, not ${expected}`);
          assert.ok(share > 0 || expected < 1e-12, `pixel ${pixel} is missing: ${expected}`);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('are 1 for the pixels of the rule inside', () => {
    fc.assert(
      fc.property(star(1, 30), (polygon) => {
        const shares = sharesOf(coverageOf(GRID, 'fraction', ground([polygon])));
        const whole = [...shares].filter(([, share]) => share === 1).map(([pixel]) => pixel);
        assert.deepEqual([...sharesOf(coverageOf(GRID, 'inside', ground([polygon]))).keys()], whole);
      }),
    );
  });

  it('are kept to ten digits, however small they are', () => {
    for (const size of [1e-2, 1e-3, 1e-4, 1e-5]) {
      // A corner in each of four pixels.
      const [x, y] = [7 - size / 4, 9 - size / 4];
      const polygon: Polygon = [[[x, y], [x + size, y], [x + size, y + size], [x, y + size]]]; // prettier-ignore
      const grid = { ...GRID, originX: 0, originY: 0 };
      const shares = sharesOf(coverageOf(grid, 'fraction', ground([polygon], grid)));
      const expected = [[-1, -1, 1 / 16], [0, -1, 3 / 16], [-1, 0, 3 / 16], [0, 0, 9 / 16]] as const; // prettier-ignore
      assert.equal(shares.size, 4);
      for (const [right, down, part] of expected) {
        const share = shares.get((9 + down) * GRID.width + 7 + right)! / size ** 2;
        assert.ok(Math.abs(share - part) < 1e-9, `${size}: ${share}, not ${part}`);
      }
    }
  });

  it('are whole along the borders of pixels', () => {
    const box: Ring = [[2, 3], [9, 3], [9, 8], [2, 8]]; // prettier-ignore
    const hole: Ring = [[4, 4], [4, 6], [7, 6], [7, 4]]; // prettier-ignore
    const coverage = coverageOf(
      GRID,
      'fraction',
      ground([[box, hole]]),
      ground([[box], [hole]]),
      ground([[box, hole], [hole]]),
    );
    assert.deepEqual(coverage.shares!.offsets, Uint32Array.of(0, 0, 6, 6));
    assert.equal(sharesOf(coverage, 0).size, 35 - 6);
    // Parts that overlap add up.
    assert.deepEqual([...sharesOf(coverage, 1).values()].filter((share) => share === 2).length, 6);
    assert.equal(sharesOf(coverage, 2).size, 35);
  });

  it('are told of rows with as many whole pixels as a byte counts, one fewer, and many more', () => {
    const wide: Grid = { ...GRID, width: 1000, height: 3 };
    for (const whole of [254, 255, 256, 257, 511, 512, 513, 900]) {
      // Half of the pixel before and of the one behind, in two rows.
      const box: Ring = [[9.5, 0], [10.5 + whole, 0], [10.5 + whole, 2], [9.5, 2]]; // prettier-ignore
      const shares = sharesOf(coverageOf(wide, 'fraction', ground([[box]])));
      const parts = [...shares].filter(([, share]) => share !== 1);
      assert.equal(shares.size, 2 * (whole + 2));
      assert.deepEqual(
        parts,
        [9, 10 + whole, 1009, 1010 + whole].map((pixel) => [pixel, 0.5]),
      );
    }
  });

  it('of a ring that crosses itself are those of the even-odd rule away from the crossing', () => {
    const bowTie: Ring = [[2, 2], [12, 12], [12, 2], [2, 12]]; // prettier-ignore
    const shares = sharesOf(coverageOf(GRID, 'fraction', ground([[bowTie]])));
    const halves: Polygon[] = [[[[2, 2], [7, 7], [2, 12]]], [[[12, 2], [12, 12], [7, 7]]]]; // prettier-ignore
    assert.deepEqual(shares, sharesOf(coverageOf(GRID, 'fraction', ground(halves))));
  });

  it('are the same in a coverage that was joined of several, and kept as a file', async () => {
    const parcels = fc.sample(star(0.5, 8), 9).map((polygon) => ground([polygon]));
    const whole = coverageOf(GRID, 'fraction', ...parcels);
    const builder = new CoverageBuilder(GRID, 'fraction');
    for (const [from, to] of [[0, 2], [2, 3], [3, 9]] as const) builder.add(numbered(parcels.slice(from, to), from)); // prettier-ignore
    const folder = mkdtempSync(join(tmpdir(), 'parcelwise-shares-'));
    try {
      await writeCoverageFile(join(folder, 'coverage'), builder.finish(), 'key');
      const read = await readCoverageFile(join(folder, 'coverage'), 'key');
      assert.equal(read!.rule, 'fraction');
      assert.deepEqual(new Uint8Array(read!.buffer), new Uint8Array(whole.buffer));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('are not joined to pixels of another rule', () => {
    const square: Polygon = [[[1, 1], [3, 1], [3, 3], [1, 3]]]; // prettier-ignore
    const inside = coverageOf(GRID, 'inside', ground([square]));
    assert.equal(inside.rule, 'inside');
    assert.equal(inside.shares, undefined);
    assert.throws(
      () => Coverage.join(GRID, [inside], 'fraction'),
      /the rule inside is no part of one by fraction/,
    );
  });

  it('of parcels too large for the kernel at once are the same', () => {
    const grid: Grid = { width: 1200, height: 1100, originX: 0, originY: 0, stepX: 1, stepY: -1 };
    const many = 20_000;
    const wave: Ring = Array.from({ length: many }, (_, i) => {
      const angle = (2 * Math.PI * i) / many;
      const reach = 560 + 30 * Math.sin(40 * angle);
      return [600 + reach * Math.cos(angle), 560 + reach * Math.sin(angle)];
    });
    const hole: Ring = [[590.5, 500.25], [610.5, 500.25], [610.5, 620.25], [590.5, 620.25]]; // prettier-ignore
    const island: Polygon = [[[595, 510], [600.5, 510], [600.5, 520], [595, 520]]]; // prettier-ignore
    const polygons: Polygon[] = [[wave, hole], island];
    const before: Polygon[] = [[[[1, 1], [3.5, 1], [1, 3]]]]; // prettier-ignore
    const coverage = coverageOf(
      grid,
      'fraction',
      ground(before, grid),
      ground(polygons, grid),
      ground(before, grid),
    );
    const shares = sharesOf(coverage, 1);
    for (const parcel of [0, 2])
      assert.deepEqual(
        sharesOf(coverage, parcel),
        sharesOf(coverageOf(grid, 'fraction', ground(before, grid))),
      );
    let sum = 0;
    for (const share of shares.values()) sum += share;
    const expected = (Math.abs(doubledArea(wave)) - Math.abs(doubledArea(hole))) / 2 + 55;
    // The part of the wave above and below the grid is cut off.
    assert.ok(sum < expected && sum > 0.95 * expected, `${sum} of ${expected}`);
    for (const pixel of [
      500 * 1200 + 590,
      620 * 1200 + 610,
      515 * 1200 + 600,
      515 * 1200 + 594,
      30 * 1200 + 600,
      560 * 1200 + 1170,
    ]) {
      const share = shares.get(pixel) ?? 0;
      const byDefinition = shareByDefinition(polygons, pixel % 1200, Math.floor(pixel / 1200));
      assert.ok(Math.abs(share - byDefinition) < 1e-9, `pixel ${pixel}: ${share}, not ${byDefinition}`);
    }
    const inside = coverageOf(grid, 'inside', ground(polygons, grid));
    assert.equal(sharesOf(inside).size, [...shares.values()].filter((share) => share === 1).length);
  });
});

describe('polygons of every odd kind', () => {
  const grid: Grid = { width: 60, height: 50, originX: 600_000, originY: 5_800_020, stepX: 10, stepY: -10 };
  const words = Uint16Array.from({ length: grid.width * grid.height }, (_, i) =>
    i % 11 === 0 ? 0 : Math.imul(i, 2_654_435_761) >>> 20,
  );
  const shapes = JSON.parse(readFileSync(new URL('rasterstats-cases.json', FIXTURES), 'utf8')) as [
    number[][][][],
  ][];
  type Answer = number[] | null | 'no answer';
  const answers = JSON.parse(readFileSync(new URL('pixel-rules-cases.json', FIXTURES), 'utf8')) as [
    Answer,
    Answer,
  ][];
  const parcels = shapes.map(([polygons]) =>
    polygons.map((rings) => rings.map((ring) => onGround(grid, ring))),
  );

  function compare(rule: PixelRule, place: 0 | 1, tolerance: number): void {
    const coverage = coverageOf(grid, rule, ...parcels);
    const { offsets, start, length, shares } = coverage;
    for (const type of ['uint16', 'float64'] as const) {
      const zonal = createZonalStatistics(type, [], { shares });
      const pixels = type === 'uint16' ? words : Float64Array.from(words);
      const out = new Float64Array(8);
      let compared = 0;
      answers.forEach((answer, parcel) => {
        const expected = answer[place];
        if (expected === 'no answer') return;
        compared++;
        const count = zonal.compute(
          pixels,
          start,
          length,
          offsets[parcel]!,
          offsets[parcel + 1]!,
          out,
          0,
          parcel,
        );
        if (expected === null) assert.equal(count, 0, `case ${parcel}`);
        expected?.forEach((value, statistic) => {
          const difference = Math.abs(out[statistic]! - value);
          assert.ok(difference <= tolerance * Math.max(1, value), `case ${parcel}: ${out.join(' ')}`);
        });
      });
      assert.ok(compared > 120, String(compared));
    }
  }

  it('have the pixels that GDAL touches', () => {
    compare('touched', 0, 1e-12);
  });

  it("have exactextract's statistics, as far as its shares of 32 bits go", () => {
    compare('fraction', 1, 1e-6);
  });
});

describe('hostile parcels', () => {
  const zigzag: Ring = Array.from({ length: 9000 }, (_, i) => [i % 2 === 0 ? -1e7 : 1e7, i / 450]);

  it('are refused by each rule that would take seconds, and others go on', () => {
    const grid: Grid = { width: 4000, height: 4000, originX: 0, originY: 4000, stepX: 1, stepY: -1 };
    const square: Polygon = [[[10, 10], [20, 10], [20, 20], [10, 20]]]; // prettier-ignore
    for (const rule of ['inside', 'fraction'] as const) {
      const builder = new CoverageBuilder(grid, rule);
      const refused = builder.add(parcelSet([square], [[zigzag]], [square]));
      assert.match(
        refused.join(),
        /^the geometry of parcel 2 can't be used: its edges cross \d+ million pixels; split it$/,
      );
      assert.deepEqual([...builder.finish().offsets], [0, 10, 10, 20]);
    }
  });

  it('end within the grid, however far away their corners are', () => {
    const far = [1e300, -1e300, 1e12, -1e12];
    for (const rule of ['touched', 'inside', 'fraction'] as const)
      for (const a of far)
        for (const b of far) {
          const coverage = coverageOf(GRID, rule, [[[[500_010, 4_300_000], [a, b], [500_100, 4_299_900]]]]); // prettier-ignore
          for (const pixel of sharesOf(coverage).keys()) assert.ok(pixel < GRID.width * GRID.height);
        }
  });
});
