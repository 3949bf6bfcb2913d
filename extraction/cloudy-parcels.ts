/**
 * Which parcels are cloudy: those of whose pixels none is clear. What is not measured of a scene, not decoded and not even
 * fetched, is told by this alone.
 */
import { coarsenMask, KeptAny, type Mask } from '../layers/index.js';
import { Coverage } from '../zonal/index.js';
import { type DecodedClasses, maskOf } from './class-mask.js';
import { type Masking, SAME_GRID } from './masking.js';

/** Of each coverage that layers are measured by, 1 for the parcels, by their places, that are cloudy. */
export type CloudyParcels = ReadonlyMap<Coverage, Uint8Array>;

/** Finds the cloudy parcels of a decoded class map; runs in a thread. */
export interface CloudyTask extends DecodedClasses {
  readonly kind: 'find-cloudy';
  readonly grids: readonly CloudyGrid[];
}

/** A grid of the scene, and how the class map lies under it. */
export interface CloudyGrid {
  readonly masking: Masking;
  /** Of raw rows, and of clear ones where those are measured by another. */
  readonly coverages: readonly SharedArrayBuffer[];
}

/** Of each coverage of each grid 1 for the parcels, by their places, that are cloudy there. @throws RasterError naming the class map */
export function findCloudy({ grids, ...classes }: CloudyTask): Uint8Array[][] {
  const mask = maskOf(classes);
  return grids.map(({ masking, coverages }) =>
    cloudyParcels(
      mask,
      masking,
      coverages.map((buffer) => Coverage.from(buffer)),
    ),
  );
}

const NO_PIXEL = 0;
const NONE_CLEAR = 1;
const CLEAR = 2;

/**
 * A parcel is cloudy on a grid where it has pixels and none of them is clear, by whichever of the coverages: rows of all of
 * them are measured, or none.
 * @param coverages of one grid
 * @returns of each coverage 1 for the cloudy parcels that have pixels in it
 */
export function cloudyParcels(mask: Mask, masking: Masking, coverages: readonly Coverage[]): Uint8Array[] {
  const skies = coverages.map((coverage) => skyOf(mask, masking, coverage));
  return coverages.map(({ pids }, i) => {
    const cloudy = skies[i]!.map((sky) => (sky === NONE_CLEAR ? 1 : 0));
    coverages.forEach((other, j) => {
      if (other.pids !== pids) leaveOutClear(cloudy, pids, other.pids, skies[j]!);
    });
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

/** What of each parcel there is. */
function skyOf(fine: Mask, { alignment, isCoarser }: Masking, coverage: Coverage): Uint8Array {
  const { count, offsets, start, length, grid } = coverage;
  const all = Int32Array.from({ length: isCoarser ? count : 0 }, (_, parcel) => parcel);
  const mask = isCoarser ? coarsenMask(fine, alignment, coverage, all) : fine;
  const kept = new KeptAny(mask, isCoarser ? SAME_GRID : alignment, grid.width);
  const skies = new Uint8Array(count);
  for (let parcel = 0; parcel < count; parcel++) {
    const [from, to] = [offsets[parcel]!, offsets[parcel + 1]!];
    skies[parcel] = from === to ? NO_PIXEL : kept.in(start, length, from, to) ? CLEAR : NONE_CLEAR;
  }
  return skies;
}
