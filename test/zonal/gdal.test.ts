/** The rasteriser against rasterstats (recorded, see fixtures/rasterstats_cases.py) and against gdal_rasterize, where that is installed. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Grid } from '../../zonal/grid.js';
import { createZonalStatistics } from '../../zonal/statistics.js';
import { closed, onGround, parcelSet, pixelsOf, type Polygon, type Ring, spansOf } from './shapes.js';

const FIXTURE = new URL('../../../test/zonal/fixtures/rasterstats-cases.json', import.meta.url);
const withoutGdal = spawnSync('gdal_rasterize', ['--version']).error
  ? 'gdal_rasterize is not installed'
  : false;

describe('polygons with centres on their edges and corners', () => {
  it('have the pixels and the statistics that rasterstats found', () => {
    const grid: Grid = { width: 60, height: 50, originX: 600_000, originY: 5_800_020, stepX: 10, stepY: -10 };
    const words = Uint16Array.from({ length: grid.width * grid.height }, (_, i) =>
      i % 11 === 0 ? 0 : Math.imul(i, 2_654_435_761) >>> 20,
    );
    const cases = JSON.parse(readFileSync(FIXTURE, 'utf8')) as [number[][][][], number[] | null][];
    const set = parcelSet(
      ...cases.map(([polygons]) => polygons.map((rings) => rings.map((ring) => onGround(grid, ring)))),
    );
    const { start, length, offsets } = spansOf(grid, set);
    const ofWords = createZonalStatistics('uint16');
    const ofFloats = createZonalStatistics('float32');
    const floats = Float32Array.from(words);
    const out = new Float64Array(16);
    cases.forEach(([, expected], index) => {
      const spans = [start, length, offsets[index]!, offsets[index + 1]!] as const;
      const count = ofWords.compute(words, ...spans, out, 0);
      assert.equal(ofFloats.compute(floats, ...spans, out, 8), count);
      assert.equal(count, expected?.[0] ?? 0, `case ${index}`);
      expected?.forEach((value, statistic) => {
        // numpy rounds sums of squares otherwise; all else is exact.
        const tolerance = statistic === 2 ? 1e-12 * value : 0;
        assert.ok(Math.abs(out[statistic]! - value) <= tolerance, `case ${index}: ${out.join(' ')}`);
        assert.ok(
          Math.abs(out[8 + statistic]! - value) <= Math.max(tolerance, 1e-15 * value),
          `case ${index}`,
        );
      });
    });
    assert.ok(cases.length > 200);
  });

  it('have the pixels that gdal_rasterize burns', { skip: withoutGdal }, () => {
    // Each polygon gets a cell of its own. Steps and coordinates are sums of powers of two, so nothing is ever rounded.
    const cell = 24;
    const across = 40;
    const grid: Grid = {
      width: across * cell,
      height: across * cell,
      originX: 1024,
      originY: 65_536,
      stepX: 16,
      stepY: -16,
    };
    const quarter = fc.integer({ min: 0, max: 4 * cell }).map((n) => n / 4);
    const half = fc.integer({ min: 0, max: 2 * cell }).map((n) => n / 2);
    const ringOf = (coordinate: fc.Arbitrary<number>) =>
      fc.array(fc.tuple(coordinate, coordinate), { minLength: 3, maxLength: 40 });
    const rings = fc.oneof(ringOf(quarter), ringOf(half), boxes(half));
    const parcels = fc.sample(fc.array(rings, { minLength: 1, maxLength: 3 }), across * across);
    const shapes = parcels.map((shells, index) => {
      const column = (index % across) * cell;
      const row = Math.floor(index / across) * cell;
      return shells.map((ring): Polygon => [
        onGround(
          grid,
          ring.map(([x, y]) => [x + column, y + row]),
        ),
      ]);
    });
    const burnt = new Uint8Array(grid.width * grid.height);
    const { start, length, count } = spansOf(grid, parcelSet(...shapes));
    for (const pixel of pixelsOf(start, length, 0, count)) burnt[pixel] = 1;
    const expected = burnByGdal(grid, shapes);
    shapes.forEach((shape, index) => {
      const at = Math.floor(index / across) * cell * grid.width + (index % across) * cell;
      for (let row = 0; row < cell; row++) {
        const from = at + row * grid.width;
        assert.deepEqual(
          burnt.subarray(from, from + cell),
          expected.subarray(from, from + cell),
          JSON.stringify(shape),
        );
      }
    });
  });
});

function boxes(coordinate: fc.Arbitrary<number>): fc.Arbitrary<[number, number][]> {
  return fc
    .tuple(coordinate, coordinate, coordinate, coordinate, fc.boolean())
    .map(([left, top, right, bottom, bowTie]) => {
      const upper: [number, number][] = [
        [left, top],
        [right, top],
      ];
      const lower: [number, number][] = [
        [right, bottom],
        [left, bottom],
      ];
      return bowTie ? [...upper, ...lower.reverse()] : [...upper, ...lower];
    });
}

function burnByGdal(grid: Grid, parcels: readonly (readonly Polygon[])[]): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'parcelwise-gdal-'));
  try {
    const features = parcels.map((polygons) => ({
      type: 'Feature',
      properties: {},
      geometry: {
        type: 'MultiPolygon',
        coordinates: polygons.map((rings: readonly Ring[]) => rings.map(closed)),
      },
    }));
    const vector = join(folder, 'parcels.json');
    const raster = join(folder, 'burnt.img');
    writeFileSync(vector, JSON.stringify({ type: 'FeatureCollection', features }));
    const right = grid.originX + grid.width * grid.stepX;
    const bottom = grid.originY + grid.height * grid.stepY;
    const extent = [grid.originX, bottom, right, grid.originY].map(String);
    const size = [String(grid.width), String(grid.height)];
    const options = ['-q', '-of', 'ENVI', '-ot', 'Byte', '-burn', '1', '-te', ...extent, '-ts', ...size];
    const run = spawnSync('gdal_rasterize', [...options, vector, raster], {
      encoding: 'utf8',
      timeout: 60_000,
    });
    assert.equal(run.status, 0, run.stderr);
    return new Uint8Array(readFileSync(raster));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
