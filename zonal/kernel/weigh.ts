/**
 * The pixels that the block's parcels cover, with the share of each: several polygons of a parcel are added up, holes are
 * taken off, what lies beyond the grid is cut off.
 */
import { ends, parts, points, shareEnds } from './block';
import { BAND_ROWS, addEdges, openBand, placeEdges } from './cells';
import { pointOf, ringOf } from './outlines';
import {
  beginParcel,
  carry,
  clearOutput,
  hasRoom,
  onlyInside,
  shareCount,
  spanCount,
  writeRows,
} from './shares';
import { gridWidth, origin, size, step } from './window';

/** A parcel whose window has more pixels is handed over ring by ring and band by band. */
const MOST: i32 = 1 << 14;

/**
 * Finds the pixels of the parcels `from` to before `to` of the block, on the grid that `setGrid` set. What is written begins
 * at the first places of the block.
 * @param inside only pixels covered wholly are wanted; there are no shares then
 * @returns the parcel before which it stopped: `to`, or one that has no room left or is too large
 */
export function weigh(from: i32, to: i32, inside: bool): i32 {
  clearOutput(inside);
  for (let parcel = from; parcel < to; parcel++) {
    if (!weighParcel(parcel)) return parcel;
    store<u32>(ends + (parcel << 2), spanCount);
    store<u32>(shareEnds + (parcel << 2), shareCount);
  }
  return to;
}

/** Begins a parcel that is handed over in pieces: `openBand`, then rings by `weighPiece`, then `writeBand`, band by band. */
export function beginPieces(inside: bool): void {
  clearOutput(inside);
  beginParcel();
}

/** Adds the edges between the first `count` points of the block: of one ring, or a piece of it. */
export function weighPiece(count: i32, sign: f64): void {
  placeEdges(points, points + ((count as usize) << 4));
  addEdges(sign);
}

/**
 * Writes the band's rows from `fromRow` on to the first places of the block; see `writeRows`. How much it is stands in
 * `spanCount` and `shareCount`.
 */
export function writeBand(fromRow: i32, firstPixel: i32, isCarried: bool): i32 {
  clearOutput(onlyInside);
  return writeRows(fromRow, firstPixel, gridWidth(), isCarried);
}

/** @returns false where it stopped */
function weighParcel(parcel: i32): bool {
  const firstRing = ringOf(parcel);
  const endRing = ringOf(parcel + 1);
  if (firstRing == endRing) return true;
  // Bounds are those of the shells: a hole that sticks out of its shell is cut off there.
  let least = v128.load(pointOf(firstRing));
  let most = least;
  for (let ring = firstRing; ring < endRing; ring++) {
    if (!isShell(ring, firstRing)) continue;
    const end = pointOf(ring + 1);
    for (let at = pointOf(ring); at < end; at += 16) {
      const point = v128.load(at);
      least = f64x2.pmin(least, point);
      most = f64x2.pmax(most, point);
    }
  }
  // Rows count from the top.
  const topLeft = f64x2.floor(f64x2.div(f64x2.sub(f64x2.shuffle(least, most, 0, 3), origin), step));
  const bottomRight = f64x2.ceil(f64x2.div(f64x2.sub(f64x2.shuffle(most, least, 0, 3), origin), step));
  const first = f64x2.pmax(f64x2.splat(0), topLeft);
  const end = f64x2.pmin(bottomRight, size);
  const extent = f64x2.sub(end, first);
  // Written so that what is no number has no pixels.
  if (!i64x2.all_true(f64x2.gt(extent, f64x2.splat(0)))) return true;
  const width = f64x2.extract_lane(extent, 0);
  const height = f64x2.extract_lane(extent, 1);
  if (height > (BAND_ROWS as f64) || (width + 1) * height > (MOST as f64)) return false;
  const pixels = (width * height) as i32;
  if (!hasRoom(pixels)) return false;
  const firstColumn = f64x2.extract_lane(first, 0) as i32;
  const firstRow = f64x2.extract_lane(first, 1) as i32;
  // Holes are not looked at for the bounds.
  const isCut =
    endRing - firstRing > 1 ||
    f64x2.extract_lane(topLeft, 0) < 0 ||
    f64x2.extract_lane(bottomRight, 0) > f64x2.extract_lane(size, 0);
  openBand(firstColumn, firstRow, width as i32, height as i32, isCut);
  beginParcel();
  let isCarried = false;
  for (let ring = firstRing; ring < endRing; ring++) {
    const isNext = isShell(ring, firstRing);
    if (isNext && ring > firstRing) {
      carry();
      isCarried = true;
    }
    const area = placeEdges(pointOf(ring), pointOf(ring + 1));
    addEdges(area > 0 == isNext ? -1 : 1);
  }
  writeRows(0, firstRow * gridWidth() + firstColumn, gridWidth(), isCarried);
  return true;
}

/** @inline Whether a ring is the first one of its polygon. */
function isShell(ring: i32, firstRing: i32): bool {
  const part = parts + (ring << 2);
  return ring == firstRing || load<u32>(part) != load<u32>(part - 4);
}
