/** Where the outlines of the block's parcels are. */
import { pointOffsets, points, ringOffsets } from './block';

/** @inline The first ring of a parcel, counted in the block. */
export function ringOf(parcel: i32): i32 {
  return load<i32>(ringOffsets + (parcel << 2)) - load<i32>(ringOffsets);
}

/** @inline Where the points of a ring begin. */
export function pointOf(ring: i32): usize {
  return points + ((load<i32>(pointOffsets + (ring << 2)) - load<i32>(pointOffsets)) << 4);
}
