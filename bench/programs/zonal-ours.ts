/**
 * Rasterises parcels and measures them in bands that are in memory, with the code of a worker, on one thread.
 *
 * usage: zonal-ours.js FOLDER SIZE PARCELS EVERY BANDS [RULE [OUT]]
 * BANDS: B04, or B04,B08,SCL. RULE: a pixel rule, centre by default. OUT gets B04's statistics as doubles, eight a parcel, in order of ogc_fid.
 * Prints parcels, their pixels of 10 m, and the seconds of rasterising and of measuring as JSON: what a process needs that does it once.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Visit, visitParcelPixels } from '../../extraction/parcel-pixels.js';
import type { Plane } from '../../extraction/plane.js';
import {
  type Coverage,
  CoverageBuilder,
  createZonalStatistics,
  Histogram,
  type ParcelSet,
  ParcelSetBuilder,
  PIXEL_RULES,
} from '../../zonal/index.js';
import { gridOf, type GroundBand, parcelsOf } from '../ground.js';
import { startClock } from '../stopwatch.js';

/** As the worker does: parcels rasterised at a time, and parcels of a chunk. */
const BATCH = 20_000;
const CHUNK = 30_000;

const [folder = '', size, parcels, every, bandList = 'B04', ruleName, out] = process.argv.slice(2);
const rule = PIXEL_RULES.find((name) => name === ruleName) ?? 'centre';
const ground = { folder, size: Number(size) };
const bands = bandList.split(',') as GroundBand[];
const planes = new Map(bands.map((band) => [band, planeOf(band)]));
const sets = parcelSets(Number(parcels), Number(every));

const clock = startClock();
const fine = rasterise(10);
const coarse = bands.includes('SCL') ? rasterise(20) : undefined;
const rasterising = clock();
const measured = await Promise.all(bands.map((band) => measure(band, band === 'SCL' ? coarse! : fine)));
const all = clock();
if (out !== undefined) writeFileSync(out, new Uint8Array(measured[0]!.buffer));
console.log(
  JSON.stringify({
    ...{ parcels: fine.count, pixels: fine.length.reduce((sum, length) => sum + length, 0) },
    ...{ wall: all.wall, cpu: all.cpu, rasterising: rasterising.cpu },
  }),
);

function planeOf(band: GroundBand): Plane {
  const bytes = readFileSync(join(folder, `${band}.raw`));
  const pixels = new SharedArrayBuffer(bytes.length);
  new Uint8Array(pixels).set(bytes);
  const { width, height } = gridOf(ground, band === 'SCL' ? 20 : 10);
  const pixelType = band === 'SCL' ? 'uint8' : 'uint16';
  return { pixels, pixelType, width, height, blockWidth: 1024, blockHeight: 1024 };
}

function parcelSets(count: number, every: number): ParcelSet[] {
  const sets: ParcelSet[] = [];
  let builder = new ParcelSetBuilder();
  for (const { pid, wkb } of parcelsOf(folder, count, every)) {
    builder.add(pid, { minX: 0, minY: 0, maxX: 0, maxY: 0 }, wkb);
    if (builder.count < BATCH) continue;
    sets.push(builder.finish());
    builder = new ParcelSetBuilder();
  }
  return [...sets, builder.finish()];
}

function rasterise(metres: 10 | 20): Coverage {
  const builder = new CoverageBuilder(gridOf(ground, metres), rule);
  for (const set of sets) builder.add(set);
  return builder.finish();
}

async function measure(band: GroundBand, coverage: Coverage): Promise<Float64Array> {
  const plane = planes.get(band)!;
  const zonal = createZonalStatistics(plane.pixelType, [], { shares: coverage.shares });
  const histogram = band === 'SCL' ? new Histogram() : undefined;
  const statistics = new Float64Array(8 * coverage.count);
  for (let first = 0; first < coverage.count; first += CHUNK) {
    const chunk = new Int32Array(Math.min(CHUNK, coverage.count - first)).map((_, i) => first + i);
    const visit: Visit = (k, pixels, start, length, from, to) => {
      zonal.compute(pixels, start, length, from, to, statistics, 8 * (first + k), first + k);
      histogram?.count(pixels as Uint8Array, start, length, from, to);
    };
    await visitParcelPixels({ plane }, coverage, chunk, visit, zonal.strip);
  }
  return statistics;
}
