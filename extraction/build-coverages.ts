/** Builds coverages on all threads of a worker: ranges of parcels are covered side by side, and joined. */
import type pg from 'pg';
import type { CheckedSelection } from '../database/selection/check.js';
import { parcelRanges, type PidRange } from '../database/parcels/parcel-copy.js';
import { withParcelSnapshot } from '../database/parcels/parcel-snapshot.js';
import { gridBounds } from '../database/parcels/parcels.js';
import { transformPoints } from '../database/parcels/transform-points.js';
import type { RasterGrid } from '../rasters/index.js';
import { type PatchCoefficients, TransformPatches } from '../zonal/index.js';
import type { Threads } from './tasks.js';

/** A coverage to be built: its grid, its cache key, and the file that keeps it. */
export interface CoverTarget {
  readonly grid: RasterGrid;
  readonly key: string;
  readonly path: string;
}

export interface Built {
  /** In the targets' order. */
  readonly coverages: readonly SharedArrayBuffer[];
  /** Parcels whose geometry can't be used, with the reason, for the log. */
  readonly refused: readonly string[];
}

/**
 * Builds the coverages of targets whose grids have one CRS from the parcels of the fingerprint, and writes their files.
 * @throws ParcelsChanged where the parcels are others by now.
 */
export type BuildCoverages = (
  selection: CheckedSelection,
  fingerprint: string,
  targets: readonly CoverTarget[],
  signal: AbortSignal,
) => Promise<Built>;

/** Ranges of parcels, a connection each. Where PostgreSQL transforms, each keeps one of its cores busy. */
const RANGES = 4;
/** How far off patches may be, in pixels. Of one of 10 m the rounding of coordinates is 1e-10, a bend in a grid of datum shifts 1e-4. */
const TOLERANCE = 1e-8;

/** @param dbConfig names the file that the threads read to reach the same database as `pool`. */
export function buildCoverages(
  pool: pg.Pool,
  dbConfig: string | undefined,
  threads: Threads,
): BuildCoverages {
  return async (selection, fingerprint, targets, signal) => {
    const grids = targets.map(({ grid }) => grid);
    const [first] = grids;
    if (first === undefined) return { coverages: [], refused: [] };
    const pixel = Math.min(...grids.map(({ stepX }) => stepX));
    const patches = await patchesOf(pool, selection, first, TOLERANCE * pixel);
    const shares = await withParcelSnapshot(
      pool,
      selection,
      fingerprint,
      async ({ id: snapshot, client }) => {
        const ranges = await parcelRanges(client, selection, first, RANGES);
        const what = { kind: 'cover', dbConfig, selection, snapshot, grids, patches } as const;
        return settled(
          dealt(ranges, threads.size).map((share) => threads.run({ ...what, ranges: share }, signal)),
        );
      },
    );
    const coverages = targets.map((target, i) => {
      const parts = shares.flatMap((share) => share.parts[i]!);
      return threads.run({ kind: 'join', ...target, parts }, signal);
    });
    return { coverages: await Promise.all(coverages), refused: shares.flatMap(({ refused }) => refused) };
  };
}

/** All of them, or the first one's failure once none runs any more: until then the snapshot is needed. */
async function settled<T>(running: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(running);
  return Promise.all(running);
}

/** The ranges in order, shared out to so many hands; one hand has to do where there are none. */
function dealt(ranges: readonly PidRange[], hands: number): PidRange[][] {
  const shares = Math.max(1, Math.min(hands, ranges.length));
  return Array.from({ length: shares }, (_, share) =>
    ranges.slice((share * ranges.length) / shares, ((share + 1) * ranges.length) / shares),
  );
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
): Promise<PatchCoefficients | undefined> {
  if (selection.parcels.crs.srid === grid.epsg) return undefined;
  const box = await gridBounds(pool, selection, grid);
  if (box === undefined) return undefined;
  const images = await transformPoints(pool, selection, TransformPatches.points(box), grid.epsg);
  return images && TransformPatches.through(box, images, tolerance)?.coefficients;
}
