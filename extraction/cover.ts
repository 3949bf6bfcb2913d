/** What threads do to build coverages: parcels out of PostGIS, transformed to the grids' CRS, rasterised on every grid of it. */
import type { CheckedSelection } from '../database/selection/check.js';
import { readDbConfig } from '../database/selection/config.js';
import { copyParcels, type OnParcel, type PidRange } from '../database/parcels/parcel-copy.js';
import { openPool } from '../database/session/pool.js';
import type { RasterGrid } from '../rasters/index.js';
import {
  Coverage,
  CoverageBuilder,
  GeometryError,
  ParcelSetBuilder,
  type PatchCoefficients,
  type PixelRule,
  TransformPatches,
  writeCoverageFile,
} from '../zonal/index.js';

/** A grid, and which of its pixels parcels have. */
export interface CoverLayer {
  readonly grid: RasterGrid;
  readonly pixels: PixelRule;
}

/** Covers the parcels of some ranges. */
export interface CoverTask {
  readonly kind: 'cover';
  /** The worker's db_config.json, read anew here: a password is not handed between threads. */
  readonly dbConfig: string | undefined;
  readonly selection: CheckedSelection;
  /** Ascending; a connection each. */
  readonly ranges: readonly PidRange[];
  /** The moment of the table that all of them are copied from. */
  readonly snapshot: string;
  /** The coverages to make, on grids of one CRS. */
  readonly layers: readonly CoverLayer[];
  /** Parcels shrink by so much before, metres. */
  readonly innerBufferM: number;
  /** How parcels get into that CRS; undefined where PostGIS transforms them. */
  readonly patches: PatchCoefficients | undefined;
}

export interface CoverResult {
  /** For each layer, in the layers' order, coverages that make up one when they are joined. */
  readonly parts: readonly (readonly SharedArrayBuffer[])[];
  /** Parcels whose geometry can't be used, with the reason, for the log. */
  readonly refused: readonly string[];
}

/** Makes one coverage of parts, and keeps it on disk. */
export interface JoinTask {
  readonly kind: 'join';
  readonly grid: RasterGrid;
  readonly pixels: PixelRule;
  readonly parts: readonly SharedArrayBuffer[];
  readonly key: string;
  readonly path: string;
}

/** Parcels of a range rasterised at a time, so that their geometry is never in memory as a whole. */
const BATCH = 10_000;

export async function coverParcels(task: CoverTask): Promise<CoverResult> {
  const { dbConfig, layers, ranges, snapshot, innerBufferM } = task;
  const { grid } = layers[0]!;
  const patches = task.patches && new TransformPatches(task.patches);
  const builders = layers.map((layer) => new CoverageBuilder(layer.grid, layer.pixels));
  const refused: string[] = [];
  const rasterise = (parcels: ParcelSetBuilder): void => {
    const set = parcels.finish();
    for (const builder of builders) refused.push(...builder.add(set));
  };
  const pool = openPool(readDbConfig(dbConfig, process.env).connection, { max: ranges.length });
  const failing = new AbortController();
  const cover = async (pids: PidRange): Promise<void> => {
    try {
      // Each range has batches of its own: rows of several connections come mingled, and pids are to ascend.
      let batch = new ParcelSetBuilder();
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
        if (batch.count < BATCH) return;
        rasterise(batch);
        batch = new ParcelSetBuilder();
      };
      const options = { pids, snapshot, asStored: patches?.box, innerBufferM, signal: failing.signal };
      const copied = await copyParcels(pool, task.selection, grid, take, options);
      rasterise(batch);
      for (const pid of copied.unprojectable)
        refused.push(
          innerBufferM > 0
            ? `parcel ${pid} can't be transformed to EPSG:${grid.epsg} and shrunken by ${innerBufferM} m`
            : `parcel ${pid} can't be transformed to EPSG:${grid.epsg}`,
        );
    } catch (error) {
      failing.abort(error);
      throw error;
    }
  };
  try {
    await Promise.allSettled(ranges.map(cover));
    failing.signal.throwIfAborted();
  } finally {
    await pool.end();
  }
  return { parts: builders.map(({ parts }) => parts.map(({ buffer }) => buffer)), refused };
}

export async function joinCoverage({ grid, pixels, parts, key, path }: JoinTask): Promise<SharedArrayBuffer> {
  const coverage = Coverage.join(
    grid,
    parts.map((part) => Coverage.from(part)),
    pixels,
  );
  await writeCoverageFile(path, coverage, key);
  return coverage.buffer;
}
