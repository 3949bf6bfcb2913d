/**
 * Which parcels are cloudy: those of whose pixels none is clear. What is not measured of a scene, not decoded and not even
 * fetched, is told by this alone.
 */
import type { PidRange } from '../database/parcels/parcel-copy.js';
import { coarsenMask, KeptAny, type Mask } from '../layers/index.js';
import { Coverage, type ParcelRange } from '../zonal/index.js';
import { type DecodedClasses, maskOf } from './class-mask.js';
import { type Masking, SAME_GRID } from './masking.js';

/** Of each coverage that layers are measured by, 1 for the parcels, by their places, that are cloudy. */
export type CloudyParcels = ReadonlyMap<Coverage, Uint8Array>;

/** Finds the cloudy parcels of a decoded class map; runs in a thread. */
export interface CloudyTask extends DecodedClasses {
  readonly kind: 'find-cloudy';
  /** How the class map lies under the grid that is asked for. */
  readonly masking: Masking;
  /** Of raw rows, and of clear ones where those are measured by another. */
  readonly coverages: readonly SharedArrayBuffer[];
  /** Of these parcels. */
  readonly pids: PidRange;
}

/** Of each coverage 1 for the parcels, in their order, that are cloudy there. @throws RasterError naming the class map */
export function findCloudy({ masking, coverages, pids, ...classes }: CloudyTask): Uint8Array[] {
  const known = coverages.map((buffer) => Coverage.from(buffer));
  return cloudyParcels(maskOf(classes), masking, known, pids);
}

const NO_PIXEL = 0;
const NONE_CLEAR = 1;
const CLEAR = 2;

/**
 * A parcel is cloudy on a grid where it has pixels and none of them is clear, by whichever of the coverages: rows of all of
 * them are measured, or none.
 * @param coverages of one grid
 * @param asked by default all parcels
 * @returns of each coverage, of its parcels that are asked for, 1 for the cloudy ones that have pixels in it
 */
export function cloudyParcels(
  mask: Mask,
  masking: Masking,
  coverages: readonly Coverage[],
  asked: PidRange = { first: -Infinity, last: Infinity },
): Uint8Array[] {
  const found = coverages.map((coverage) => {
    const range = coverage.range(asked.first, asked.last);
    const pids = coverage.pids.subarray(range.from, range.to);
    return { pids, skies: skiesOf(mask, masking, coverage, range) };
  });
  return found.map((one) => {
    const cloudy = one.skies.map((sky) => (sky === NONE_CLEAR ? 1 : 0));
    for (const other of found) if (other !== one) leaveOutClear(cloudy, one.pids, other.pids, other.skies);
    return cloudy;
  });
}

/** Both lists of parcels ascend. */
function leaveOutClear(cloudy: Uint8Array, pids: Int32Array, others: Int32Array, skies: Uint8Array): void {
  let other = 0;
  for (let parcel = 0; parcel < pids.length; parcel++) {
    while (other < others.length && others[other]! < pids[parcel]!) other++;
    if (others[other] === pids[parcel] && skies[other] === CLEAR) cloudy[parcel] = 0;
  }
}

/** What there is of each parcel of a range. */
function skiesOf(
  fine: Mask,
  { alignment, isCoarser }: Masking,
  coverage: Coverage,
  { from, to }: ParcelRange,
): Uint8Array {
  const { offsets, start, length, grid } = coverage;
  const all = Int32Array.from({ length: isCoarser ? to - from : 0 }, (_, i) => from + i);
  const mask = isCoarser ? coarsenMask(fine, alignment, coverage, all) : fine;
  const kept = new KeptAny(mask, isCoarser ? SAME_GRID : alignment, grid.width);
  const skies = new Uint8Array(to - from);
  for (let parcel = from; parcel < to; parcel++) {
    const [first, end] = [offsets[parcel]!, offsets[parcel + 1]!];
    skies[parcel - from] = first === end ? NO_PIXEL : kept.in(start, length, first, end) ? CLEAR : NONE_CLEAR;
  }
  return skies;
}
