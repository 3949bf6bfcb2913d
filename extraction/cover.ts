/** Builds coverages: parcels out of PostGIS, transformed to the grids' CRS, rasterised on every grid of it; runs in a thread. */
import type pg from 'pg';
import type { Box } from '../catalogue/box.js';
import type { CheckedSelection } from '../catalogue/check.js';
import { readDbConfig } from '../catalogue/config.js';
import { copyParcels, type OnParcel, parcelRanges } from '../catalogue/parcel-copy.js';
import { gridBounds } from '../catalogue/parcels.js';
import { openPool } from '../catalogue/pool.js';
import { transformPoints } from '../catalogue/transform-points.js';
import type { RasterGrid } from '../rasters/raster.js';
import { CoverageBuilder } from '../zonal/coverage-builder.js';
import { writeCoverageFile } from '../zonal/coverage-file.js';
import { ParcelSetBuilder } from '../zonal/parcel-set.js';
import { TransformPatches } from '../zonal/transform-patches.js';
import { GeometryError } from '../zonal/wkb.js';

/** A coverage to be built: its grid, its cache key, and the file that keeps it. */
export interface CoverTarget {
  readonly grid: RasterGrid;
  readonly key: string;
  readonly path: string;
}

export interface CoverTask {
  readonly kind: 'cover';
  /** The worker's db_config.json, read anew here: a password is not handed between threads. */
  readonly dbConfig: string | undefined;
  readonly selection: CheckedSelection;
  /** Grids of one CRS. */
  readonly targets: readonly CoverTarget[];
}

export interface CoverResult {
  /** In the targets' order. */
  readonly coverages: readonly SharedArrayBuffer[];
  /** Parcels whose geometry can't be used, with the reason, for the log. */
  readonly refused: readonly string[];
}

/** Parcels rasterised at a time, so that their geometry is never in memory as a whole. */
const BATCH = 20_000;
/** Where PostgreSQL transforms, that takes far longer than rasterising takes us, and a connection keeps one of its cores busy. */
const CONNECTIONS = 4;
/** How far off patches may be, in pixels. Of one of 10 m the rounding of coordinates is 1e-10, a bend in a grid of datum shifts 1e-4. */
const TOLERANCE = 1e-8;

export async function buildCoverages(task: CoverTask): Promise<CoverResult> {
  const [first] = task.targets;
  if (first === undefined) return { coverages: [], refused: [] };
  const pool = openPool(readDbConfig(task.dbConfig, process.env).connection, { max: CONNECTIONS });
  try {
    return await build(task, first.grid, pool);
  } finally {
    await pool.end();
  }
}

async function build(
  { selection, targets }: CoverTask,
  grid: RasterGrid,
  pool: pg.Pool,
): Promise<CoverResult> {
  const pixel = Math.min(...targets.map((target) => target.grid.stepX));
  const patches = await patchesOf(pool, selection, grid, TOLERANCE * pixel);
  const builders = targets.map((target) => new CoverageBuilder(target.grid));
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
  for (const pid of await copyAll(pool, selection, grid, patches?.box, take))
    refused.push(`parcel ${pid} can't be transformed to EPSG:${grid.epsg}`);
  rasterise();

  const coverages = builders.map((builder) => builder.finish());
  for (const [i, coverage] of coverages.entries()) {
    const target = targets[i]!;
    await writeCoverageFile(target.path, coverage, target.key);
  }
  return { coverages: coverages.map((coverage) => coverage.buffer), refused };
}

/**
 * The transformation from the parcels' CRS to the grid's; undefined where it is left to PostGIS, parcel by parcel: there is
 * nothing to transform, or patches can't do it.
 */
async function patchesOf(
  pool: pg.Pool,
  selection: CheckedSelection,
  grid: RasterGrid,
  tolerance: number,
): Promise<TransformPatches | undefined> {
  if (selection.parcels.crs.srid === grid.epsg) return undefined;
  const box = await gridBounds(pool, selection, grid);
  if (box === undefined) return undefined;
  const images = await transformPoints(pool, selection, TransformPatches.points(box), grid.epsg);
  return images && TransformPatches.through(box, images, tolerance);
}

/** Hands over all parcels, in no order. @returns those that can't be transformed. */
async function copyAll(
  pool: pg.Pool,
  selection: CheckedSelection,
  grid: RasterGrid,
  asStored: Box | undefined,
  take: OnParcel,
): Promise<number[]> {
  const failing = new AbortController();
  const ranges = await parcelRanges(pool, selection, grid, CONNECTIONS);
  const copied = await Promise.allSettled(
    ranges.map(async (pids) => {
      try {
        return await copyParcels(pool, selection, grid, take, { pids, asStored, signal: failing.signal });
      } catch (error) {
        failing.abort(error);
        throw error;
      }
    }),
  );
  failing.signal.throwIfAborted();
  return copied.flatMap((one) => (one.status === 'fulfilled' ? one.value.unprojectable : []));
}
