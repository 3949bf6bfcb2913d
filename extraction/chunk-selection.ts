/** Which parcels of the coverages a chunk is about. */
import type { Chunk } from '../database/terms.js';
import type { Bounds, Coverage } from '../zonal/index.js';

/** The parcels that any grid meets, or none though the footprint does. */
export function unionAscending(lists: readonly Iterable<number>[]): number[] {
  const all = new Set<number>();
  for (const list of lists) for (const pid of list) all.add(pid);
  return Array.from(Int32Array.from(all).sort());
}

export function without(pids: readonly number[], others: Iterable<number>): number[] {
  const known = new Set(others);
  return pids.filter((pid) => !known.has(pid));
}

/** Indices of the chunk's parcels whose box meets the footprint's, as PostGIS's `&&` decides. */
export function select(
  coverage: Coverage,
  chunk: Chunk,
  footprint: Bounds,
  only: ReadonlySet<number> | undefined,
): Int32Array {
  const { from, to } = coverage.range(chunk.firstPid, chunk.lastPid);
  const { bounds, pids } = coverage;
  const selection = new Int32Array(to - from);
  let n = 0;
  for (let parcel = from; parcel < to; parcel++) {
    if (only !== undefined && !only.has(pids[parcel]!)) continue;
    if (meets(bounds, 4 * parcel, footprint)) selection[n++] = parcel;
  }
  return selection.subarray(0, n);
}

/** Whether box `at` of `bounds` (minX, minY, maxX, maxY) and `box` share a point. */
export function meets(bounds: Float64Array, at: number, box: Bounds): boolean {
  return (
    bounds[at]! <= box.maxX &&
    bounds[at + 2]! >= box.minX &&
    bounds[at + 1]! <= box.maxY &&
    bounds[at + 3]! >= box.minY
  );
}
