/** Builds coverages on all threads of a worker: ranges of parcels are covered side by side, and joined. */
import type pg from 'pg';
import type { CheckedSelection } from '../database/selection/check.js';
import { parcelRanges, type PidRange } from '../database/parcels/parcel-copy.js';
import { withParcelSnapshot } from '../database/parcels/parcel-snapshot.js';
import { gridBounds } from '../database/parcels/parcels.js';
import { transformPoints } from '../database/parcels/transform-points.js';
import type { RasterGrid } from '../rasters/index.js';
import { type PatchCoefficients, type PixelRule, TransformPatches } from '../zonal/index.js';
import type { Threads } from './tasks.js';

/** Which pixels of a grid parcels are to have. */
export interface Wanted {
  readonly grid: RasterGrid;
  readonly pixels: PixelRule;
  /** Parcels shrink by so much before, metres. */
  readonly innerBufferM: number;
}

/** A coverage to be built: its cache key, and the file that keeps it. */
export interface CoverTarget extends Wanted {
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
    const [first] = targets;
    if (first === undefined) return { coverages: [], refused: [] };
    const built = await withParcelSnapshot(pool, selection, fingerprint, async ({ id: snapshot, client }) => {
      const ranges = await parcelRanges(client, selection, first.grid, RANGES);
      const parts = new Map<CoverTarget, SharedArrayBuffer[]>();
      const refused: string[] = [];
      // Parcels are fetched once for all that is made of one shape of theirs.
      for (const innerBufferM of new Set(targets.map((target) => target.innerBufferM))) {
        const alike = targets.filter((target) => target.innerBufferM === innerBufferM);
        const patches = await patchesOf(pool, selection, alike);
        const what = { ...{ dbConfig, selection, snapshot, innerBufferM, patches }, kind: 'cover' as const };
        const layers = alike.map(({ grid, pixels }) => ({ grid, pixels }));
        const shares = await settled(
          dealt(ranges, threads.size).map((share) => threads.run({ ...what, layers, ranges: share }, signal)),
        );
        refused.push(...shares.flatMap((share) => share.refused));
        for (const [i, target] of alike.entries())
          parts.set(
            target,
            shares.flatMap((share) => share.parts[i]!),
          );
      }
      return { parts, refused };
    });
    const coverages = targets.map((target) => {
      const { grid, pixels, key, path } = target;
      return threads.run({ kind: 'join', grid, pixels, key, path, parts: built.parts.get(target)! }, signal);
    });
    return { coverages: await Promise.all(coverages), refused: [...new Set(built.refused)] };
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
 * The transformation from the parcels' CRS to the grids'; undefined where it is left to PostGIS, parcel by parcel: there is
 * nothing to transform, patches can't do it, or parcels come shrunken, for which they are in the grids' CRS already.
 */
async function patchesOf(
  pool: pg.Pool,
  selection: CheckedSelection,
  targets: readonly Wanted[],
): Promise<PatchCoefficients | undefined> {
  const { grid, innerBufferM } = targets[0]!;
  if (innerBufferM > 0 || selection.parcels.crs.srid === grid.epsg) return undefined;
  const box = await gridBounds(pool, selection, grid);
  if (box === undefined) return undefined;
  const pixel = Math.min(...targets.map((target) => target.grid.stepX));
  const images = await transformPoints(pool, selection, TransformPatches.points(box), grid.epsg);
  return images && TransformPatches.through(box, images, TOLERANCE * pixel)?.coefficients;
}
