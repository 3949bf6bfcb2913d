/** Coverages of which only some parcels' pixels are asked for. */
import { Coverage } from './coverage.js';

/**
 * The coverage without the pixels of some parcels. All parcels stay in it, by the same places; shares of pixels do not: it
 * says which pixels are read, and nothing is measured by it.
 * @param left 1 for the parcels, by their places, whose pixels are left out
 */
export function withoutPixelsOf(coverage: Coverage, left: Uint8Array): Coverage {
  const { count, offsets, start, length, grid } = coverage;
  let spans = 0;
  for (let parcel = 0; parcel < count; parcel++)
    if (left[parcel] === 0) spans += offsets[parcel + 1]! - offsets[parcel]!;
  if (spans === start.length) return coverage;
  const narrowed = Coverage.allocate(grid, count, spans);
  narrowed.pids.set(coverage.pids);
  narrowed.bounds.set(coverage.bounds);
  let to = 0;
  /** Parcels that stay are copied in runs. */
  let run = 0;
  const copy = (end: number): void => {
    const [from, before] = [offsets[run]!, offsets[end]!];
    narrowed.start.set(start.subarray(from, before), to);
    narrowed.length.set(length.subarray(from, before), to);
    to += before - from;
  };
  for (let parcel = 0; parcel < count; parcel++) {
    if (left[parcel] !== 0) {
      copy(parcel);
      run = parcel + 1;
    }
    narrowed.offsets[parcel + 1] = left[parcel] !== 0 ? to : to + offsets[parcel + 1]! - offsets[run]!;
  }
  copy(count);
  return narrowed;
}
