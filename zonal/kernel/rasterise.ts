/** The spans of a block's parcels, one after the other. */
import { SPANS, ends, parts } from './block';
import { CAPACITY, ROWS, clear, crossRing, fill } from './crossings';
import { pointOf, ringOf } from './outlines';
import { end, first, firstPixel, gridWidth, layAround } from './window';

/** Span lengths are kept in 16 bits. */
const COLUMNS: i32 = 65535;

/**
 * Rasterises the parcels `from` to before `to` of the block, on the grid that `setGrid` set. Their spans begin at the first
 * place of the block.
 * @returns the parcel before which it stopped: `to`, or one that has no room left or is not for the kernel
 */
export function rasterise(from: i32, to: i32): i32 {
  let spans = 0;
  for (let parcel = from; parcel < to; parcel++) {
    spans = rasteriseParcel(parcel, spans);
    if (spans < 0) return parcel;
    store<u32>(ends + (parcel << 2), spans);
  }
  return to;
}

/** @returns the count of spans with those of the parcel; -1 where it stopped */
function rasteriseParcel(parcel: i32, spans: i32): i32 {
  const firstRing = ringOf(parcel);
  const endRing = ringOf(parcel + 1);
  if (firstRing == endRing) return spans;
  if (load<u32>(parts + ((endRing - 1) << 2)) > 0) return -1;
  // A hole that sticks out of its shell is cut off at the shell's bounds.
  if (!layAround(pointOf(firstRing), pointOf(firstRing + 1))) return -1;
  const extent = f64x2.sub(end, first);
  if (v128.any_true(f64x2.le(extent, f64x2.splat(0)))) return spans;
  const columns = f64x2.extract_lane(extent, 0) as i32;
  const rows = f64x2.extract_lane(extent, 1) as i32;
  if (columns > COLUMNS || rows > ROWS || rows * (CAPACITY >> 1) > SPANS - spans) return -1;
  clear(rows);
  for (let ring = firstRing; ring < endRing; ring++)
    if (!crossRing(pointOf(ring), pointOf(ring + 1))) return -1;
  return fill(rows, firstPixel(), gridWidth(), spans);
}
