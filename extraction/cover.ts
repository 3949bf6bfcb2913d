/** What threads do to build coverages: parcels out of PostGIS, transformed to the grids' CRS, rasterised on every grid of it. */
import type pg from 'pg';
import type { Box } from '../catalogue/box.js';
import type { CheckedSelection } from '../catalogue/check.js';
import { readDbConfig } from '../catalogue/config.js';
import { copyParcels, type OnParcel, type PidRange } from '../catalogue/parcel-copy.js';
import { openPool } from '../catalogue/pool.js';
import type { RasterGrid } from '../rasters/raster.js';
import { Coverage } from '../zonal/coverage.js';
import { CoverageBuilder } from '../zonal/coverage-builder.js';
import { writeCoverageFile } from '../zonal/coverage-file.js';
import { ParcelSetBuilder } from '../zonal/parcel-set.js';
import { type PatchCoefficients, TransformPatches } from '../zonal/transform-patches.js';
import { GeometryError } from '../zonal/wkb.js';

/** Covers the parcels of some ranges. */
export interface CoverTask {
  readonly kind: 'cover';
  /** The worker's db_config.json, read anew here: a password is not handed between threads. */
  readonly dbConfig: string | undefined;
  readonly selection: CheckedSelection;
  /** Ascending; a connection each. */
  readonly ranges: readonly PidRange[];
  /** Of one CRS. */
  readonly grids: readonly RasterGrid[];
  /** How parcels get into that CRS; undefined where PostGIS transforms them. */
  readonly patches: PatchCoefficients | undefined;
}

export interface CoverResult {
  /** In the grids' order. */
  readonly coverages: readonly SharedArrayBuffer[];
  /** Parcels whose geometry can't be used, with the reason, for the log. */
  readonly refused: readonly string[];
}

/** Makes one coverage of several, whose parcels follow each other, and keeps it on disk. */
export interface JoinTask {
  readonly kind: 'join';
  readonly parts: readonly SharedArrayBuffer[];
  readonly key: string;
  readonly path: string;
}

/** Parcels rasterised at a time, so that their geometry is never in memory as a whole. */
const BATCH = 20_000;

export async function coverParcels(task: CoverTask): Promise<CoverResult> {
  const { dbConfig, grids, ranges } = task;
  const patches = task.patches && new TransformPatches(task.patches);
  const builders = grids.map((grid) => new CoverageBuilder(grid));
  const refused: string[] = [];
  let batch = new ParcelSetBuilder();
  const rasterise = (): void => {
    const parcels = batch.finish();
    for (const builder of builders) refused.push(...builder.add(parcels));
    batch = new ParcelSetBuilder();
  };

  const take: OnParcel = (pid, minX, minY, maxX, maxY, wkb, asStored) => {
    const bounds = { minX, minY, maxX, maxY };
    try {
      batch.add(pid, bounds, wkb, asStored ? patches : undefined);
    } catch (error) {
      if (!(error instanceof GeometryError)) throw error;
      // The parcel is still the scene's: it gets no pixel, and is accounted for.
      batch.add(pid, bounds, null);
      refused.push(error.message);
    }
    if (batch.count >= BATCH) rasterise();
  };
  const pool = openPool(readDbConfig(dbConfig, process.env).connection, { max: ranges.length });
  try {
    for (const pid of await copyAll(pool, task, patches?.box, take))
      refused.push(`parcel ${pid} can't be transformed to EPSG:${grids[0]!.epsg}`);
  } finally {
    await pool.end();
  }
  rasterise();
  return { coverages: builders.map((builder) => builder.finish().buffer), refused };
}

export async function joinCoverage({ parts, key, path }: JoinTask): Promise<SharedArrayBuffer> {
  const coverage = Coverage.join(parts.map((part) => Coverage.from(part)));
  await writeCoverageFile(path, coverage, key);
  return coverage.buffer;
}

/** Hands over all parcels, in no order. @returns those that can't be transformed. */
async function copyAll(
  pool: pg.Pool,
  { selection, ranges, grids }: CoverTask,
  asStored: Box | undefined,
  take: OnParcel,
): Promise<number[]> {
  const failing = new AbortController();
  const copied = await Promise.allSettled(
    ranges.map(async (pids) => {
      try {
        return await copyParcels(pool, selection, grids[0]!, take, {
          pids,
          asStored,
          signal: failing.signal,
        });
      } catch (error) {
        failing.abort(error);
        throw error;
      }
    }),
  );
  failing.signal.throwIfAborted();
  return copied.flatMap((one) => (one.status === 'fulfilled' ? one.value.unprojectable : []));
}
