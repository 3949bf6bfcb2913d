/**
 * The kernel: what of rasterising, measuring and reckoning is worth compiling to WebAssembly. No runtime, no allocation: the
 * caller (../kernel.ts) puts 16-bit pixels and finds statistics where `prepare` says; all else has its exported places.
 */
import { findQuartiles, nexts, values } from './quartiles';
import { OFFSET, count, max, min, squares, sum, summarise } from './summary';

export * from './block';
export { measureWeighed } from './weighed';
export { gather } from './gather';
export { measureReals, reals, REALS } from './reals';
export { rasterise } from './rasterise';
export * from './rows';
export { setGrid } from './window';
export { CELLS, BAND_ROWS, openBand } from './cells';
export { carry, shareCount, spanCount } from './shares';
export { beginPieces, weigh, weighPiece, writeBand } from './weigh';

/** Where the caller may write: aligned to vectors. */
export function prepare(): usize {
  return (__heap_base + 15) & ~15;
}

/**
 * Measures the `length` pixels from `pixels` on, which are overwritten, as are two vectors after them; at most 2^18, so that
 * the sums of lanes keep to their bits.
 * @param noData left out besides 0
 * @param out gets count, mean, std, min, max and quartiles as doubles; the count only, where that is 0
 */
export function measure(pixels: usize, length: i32, noData: i32, out: usize): void {
  const last = pixels + ((length as usize) << 1);
  v128.store(last, i16x8.splat(0));
  v128.store(last, i16x8.splat(0), 16);
  const end = pixels + ((last - pixels + 31) & ~31);
  summarise(pixels, end, noData);
  const n = count as f64;
  store<f64>(out, n);
  if (count == 0) return;
  // Sums of whole numbers, taken from the minimum: their difference loses next to nothing.
  const least = (min + OFFSET) as f64;
  const shifted = (sum as f64) - n * least;
  const variance = ((squares as f64) - shifted * (shifted / n)) / n;
  const mean = (sum as f64) / n;
  const deviation = variance > 0 ? sqrt(variance) : 0;
  store<f64>(out, mean, 8);
  store<f64>(out, deviation, 16);
  store<f64>(out, least, 24);
  store<f64>(out, (max + OFFSET) as f64, 32);
  const ranks = count - 1;
  findQuartiles(pixels, end, mean as f32, deviation as f32);
  quartile(out + 40, i32x4.extract_lane(values, 0), i32x4.extract_lane(nexts, 0), ranks & 3);
  quartile(out + 48, i32x4.extract_lane(values, 1), i32x4.extract_lane(nexts, 1), (ranks * 2) & 3);
  quartile(out + 56, i32x4.extract_lane(values, 2), i32x4.extract_lane(nexts, 2), (ranks * 3) & 3);
}

/** Writes the value `quarters` quarters of the way from `value` to `next`, rounded as numpy rounds it (../percentile.ts). */
function quartile(out: usize, value: i32, next: i32, quarters: i32): void {
  const difference = (next - value) as f64;
  const fraction = (quarters as f64) / 4;
  const a = (value + OFFSET) as f64;
  const b = (next + OFFSET) as f64;
  store<f64>(out, fraction < 0.5 ? a + difference * fraction : b - difference * (1 - fraction));
}
