/** The numbers that rasterstats publishes for its own slope.tif and polygons.shp (README and test suite), from shared data. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { fromArrayBuffer } from 'geotiff';
import type { Grid } from '../../zonal/grid.js';
import { createZonalStatistics } from '../../zonal/statistics.js';
import { parcelSet, type Point, type Polygon, type Ring, spansOf } from './shapes.js';

const SHARED = process.env.PARCELWISE_SHARED ?? fileURLToPath(new URL('../../../../shared', import.meta.url));
const RASTER = join(SHARED, 'data/rasters/tif/slope.tif');
const VECTORS = join(SHARED, 'data/vectors/rasterstats');
const skip = existsSync(RASTER) ? false : 'the shared data is not here';

describe("rasterstats' slope.tif", { skip }, () => {
  const first = { count: 75, mean: 14.660084635416666, min: 6.575114727020264, max: 22.273418426513672 };
  const second = { count: 50, mean: 56.60576171875, min: 16.940950393676758, max: 82.69043731689453 };

  it('has the published statistics under polygons.shp', async () => {
    const found = await measure('polygons.shp');
    assert.equal(found.length, 2);
    [first, second].forEach((expected, i) => {
      const [count, mean, , min, max] = found[i]!;
      assert.deepEqual({ count, min, max }, { count: expected.count, min: expected.min, max: expected.max });
      // Published in single precision.
      assert.ok(Math.abs(mean! - expected.mean) < 1e-6 * expected.mean, `mean ${mean}`);
    });
  });

  it('has the pixels of both under multipolygons.shp', async () => {
    const found = await measure('multipolygons.shp');
    const [count, , , min, max] = found[0]!;
    assert.deepEqual([found.length, count, min, max], [1, first.count + second.count, first.min, second.max]);
  });

  it('gives nothing to polygons beside it', async () => {
    const counts = (await measure('polygons_no_overlap.shp')).map(([count]) => count);
    assert.ok(counts.length > 0 && counts.every((count) => count === 0), String(counts));
  });

  it('gives a few pixels to each polygon over its edge', async () => {
    const counts = (await measure('polygons_partial_overlap.shp')).map(([count]) => count!);
    assert.ok(counts.length > 0 && counts.every((count) => count > 0 && count < 230), String(counts));
  });
});

async function measure(vectors: string): Promise<number[][]> {
  const file = readFileSync(RASTER);
  const image = await (await fromArrayBuffer(new Uint8Array(file).buffer)).getImage();
  const [originX, originY] = image.getOrigin();
  const [stepX, stepY] = image.getResolution();
  const grid: Grid = {
    width: image.getWidth(),
    height: image.getHeight(),
    originX: originX!,
    originY: originY!,
    stepX: stepX!,
    stepY: stepY!,
  };
  const [pixels] = await image.readRasters();
  const set = parcelSet(...readShapefile(join(VECTORS, vectors)));
  const { start, length, offsets } = spansOf(grid, set);
  const statistics = createZonalStatistics('float32', [image.getGDALNoData() ?? undefined]);
  return Array.from(set.pids, (_, index) => {
    const out = new Float64Array(8);
    statistics.compute(pixels as Float32Array, start, length, offsets[index]!, offsets[index + 1]!, out, 0);
    return [...out];
  });
}

/** The polygons of a shapefile (ESRI Shapefile Technical Description, 1998): shells run clockwise, holes the other way. */
function readShapefile(path: string): Polygon[][] {
  const shp = readFileSync(path);
  const features: Polygon[][] = [];
  for (let at = 100; at < shp.length; at += 8 + 2 * shp.readInt32BE(at + 4)) {
    const record = at + 8;
    assert.ok([5, 15].includes(shp.readInt32LE(record)), 'a polygon');
    const parts = shp.readInt32LE(record + 36);
    const points = record + 44 + 4 * parts;
    const polygons: Ring[][] = [];
    for (let part = 0; part < parts; part++) {
      const from = shp.readInt32LE(record + 44 + 4 * part);
      const to = part + 1 < parts ? shp.readInt32LE(record + 48 + 4 * part) : shp.readInt32LE(record + 40);
      const ring = Array.from({ length: to - from - 1 }, (_, i): Point => {
        const point = points + 16 * (from + i);
        return [shp.readDoubleLE(point), shp.readDoubleLE(point + 8)];
      });
      if (area(ring) < 0) polygons.push([ring]);
      else polygons.at(-1).push(ring);
    }
    features.push(polygons);
  }
  return features;
}

function area(ring: Ring): number {
  return ring.reduce((sum, [x, y], i) => {
    const [x2, y2] = ring[(i + 1) % ring.length]!;
    return sum + x * y2 - x2 * y;
  }, 0);
}
