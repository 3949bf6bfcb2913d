/**
 * The window of the grid around a polygon: ../parcel-window.ts says why there is one, and does the same in the same order,
 * since each rounding counts. Vectors are a column or x, then a row or y.
 */

/** Farther from the grid's origin than this, in pixels, a polygon is not for the kernel. */
const FARTHEST: f64 = 1073741824;

/** Of the grid: the upper left corner in its CRS, a pixel's size, the columns and rows. */
export let origin: v128 = f64x2.splat(0);
export let step: v128 = f64x2.splat(1);
export let size: v128 = f64x2.splat(0);

/** A point lies at `offset + point * scale` in the window. */
export let offset: v128 = f64x2.splat(0);
export let scale: v128 = f64x2.splat(1);
/** The part of the window that lies in the grid: from `first` to before `end`, in the window's columns and rows. */
export let first: v128 = f64x2.splat(0);
export let end: v128 = f64x2.splat(0);
/** The window's upper left pixel, in the grid's columns and rows. */
let corner: v128 = f64x2.splat(0);

/** Sets the grid that all windows are of, until the next call. */
export function setGrid(width: f64, height: f64, originX: f64, originY: f64, stepX: f64, stepY: f64): void {
  size = f64x2(width, height);
  origin = f64x2(originX, originY);
  step = f64x2(stepX, stepY);
  scale = f64x2.div(f64x2.splat(1), step);
}

/** The columns of the grid. */
export function gridWidth(): i32 {
  return f64x2.extract_lane(size, 0) as i32;
}

/** The pixel number of the window's first pixel that lies in the grid. */
export function firstPixel(): i32 {
  const pixel = f64x2.add(corner, first);
  return (f64x2.extract_lane(pixel, 1) as i32) * gridWidth() + (f64x2.extract_lane(pixel, 0) as i32);
}

/**
 * Lays the window around the points from `from` to before `to`.
 * @returns false for one that is not for the kernel.
 */
export function layAround(from: usize, to: usize): bool {
  let least = v128.load(from);
  let most = least;
  for (let at = from + 16; at < to; at += 16) {
    const point = v128.load(at);
    least = f64x2.pmin(least, point);
    most = f64x2.pmax(most, point);
  }
  // Rows count from the top.
  const topLeft = f64x2.shuffle(least, most, 0, 3);
  const bottomRight = f64x2.shuffle(most, least, 0, 3);
  corner = f64x2.floor(f64x2.div(f64x2.sub(topLeft, origin), step));
  const far = f64x2.ceil(f64x2.div(f64x2.sub(bottomRight, origin), step));
  offset = f64x2.div(f64x2.neg(f64x2.add(origin, f64x2.mul(corner, step))), step);
  first = f64x2.pmax(f64x2.splat(0), f64x2.neg(corner));
  end = f64x2.sub(f64x2.pmin(far, size), corner);
  const farthest = f64x2.splat(FARTHEST);
  return !v128.any_true(v128.or(f64x2.gt(f64x2.neg(corner), farthest), f64x2.gt(far, farthest)));
}
