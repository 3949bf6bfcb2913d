/** Builds coverages: parcels out of PostGIS, in the grids' CRS, rasterised on every grid of it; runs in a thread. */
import type { CheckedSelection } from '../catalogue/check.js';
import { readDbConfig } from '../catalogue/config.js';
import { copyParcels, type OnParcel, parcelRanges } from '../catalogue/parcel-copy.js';
import { openPool } from '../catalogue/pool.js';
import type { RasterGrid } from '../rasters/raster.js';
import { CoverageBuilder } from '../zonal/coverage-builder.js';
import { writeCoverageFile } from '../zonal/coverage-file.js';
import { ParcelSetBuilder } from '../zonal/parcel-set.js';
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
/** Transforming takes PostgreSQL far longer than rasterising takes us, and one connection keeps one of its cores busy. */
const CONNECTIONS = 4;

export async function buildCoverages(task: CoverTask): Promise<CoverResult> {
  const [first] = task.targets;
  if (first === undefined) return { coverages: [], refused: [] };
  const builders = task.targets.map(({ grid }) => new CoverageBuilder(grid));
  const refused: string[] = [];
  let batch = new ParcelSetBuilder();
  const rasterise = (): void => {
    const parcels = batch.finish();
    for (const builder of builders) refused.push(...builder.add(parcels));
    batch = new ParcelSetBuilder();
  };

  const take: OnParcel = (pid, minX, minY, maxX, maxY, wkb) => {
    try {
      batch.add(pid, { minX, minY, maxX, maxY }, wkb);
    } catch (error) {
      if (!(error instanceof GeometryError)) throw error;
      // The parcel is still the scene's: it gets no pixel, and is accounted for.
      batch.add(pid, { minX, minY, maxX, maxY }, null);
      refused.push(error.message);
    }
    if (batch.count >= BATCH) rasterise();
  };
  for (const pid of await copyAll(task, first.grid, take))
    refused.push(`parcel ${pid} can't be transformed to EPSG:${first.grid.epsg}`);
  rasterise();

  const coverages = builders.map((builder) => builder.finish());
  for (const [i, coverage] of coverages.entries()) {
    const target = task.targets[i]!;
    await writeCoverageFile(target.path, coverage, target.key);
  }
  return { coverages: coverages.map((coverage) => coverage.buffer), refused };
}

/** Hands over all parcels, in no order. @returns those that can't be transformed. */
async function copyAll(task: CoverTask, grid: RasterGrid, take: OnParcel): Promise<number[]> {
  const { selection } = task;
  const pool = openPool(readDbConfig(task.dbConfig, process.env).connection, { max: CONNECTIONS });
  const failing = new AbortController();
  try {
    const ranges = await parcelRanges(pool, selection, grid, CONNECTIONS);
    const copied = await Promise.allSettled(
      ranges.map(async (pids) => {
        try {
          return await copyParcels(pool, selection, grid, take, { pids, signal: failing.signal });
        } catch (error) {
          failing.abort(error);
          throw error;
        }
      }),
    );
    failing.signal.throwIfAborted();
    return copied.flatMap((one) => (one.status === 'fulfilled' ? one.value.unprojectable : []));
  } finally {
    await pool.end();
  }
}
