/**
 * The inverse 9/7 wavelet (ISO/IEC 15444-1 F.3.8.2) in single precision floats, with the operations of OpenJPEG in their
 * order, so that its results are met to the last bit.
 *
 * Samples in work stand as vectors: four rows side by side for the horizontal synthesis, sixteen columns for the vertical
 * one. Edges are extended symmetrically (F.3.7).
 */

/** Table F.4. */
const ALPHA: f32 = -1.586134342;
const BETA: f32 = -0.052980118;
const GAMMA: f32 = 0.882911075;
const DELTA: f32 = 0.443506852;
const K: f32 = 1.230174105;
/** 2 / K: the quantization steps that come in are half those of F.3.8.2 for each direction that is high-pass. */
const TWO_INVERSE_K: f32 = 1.625732422;

/** Steps 3 to 6 of F.3.8.2: from every second sample on, subtracts `factor` times the sum of its two neighbours. */
function lift(samples: usize, count: i32, first: i32, factor: f32, lanes: i32): void {
  const k = f32x4.splat(factor);
  for (let i = first; i < count; i += 2) {
    const before = i > 0 ? i - 1 : i + 1;
    const after = i + 1 < count ? i + 1 : i - 1;
    for (let lane = 0; lane < lanes; lane += 4) {
      const at = samples + (((i * lanes + lane) as usize) << 2);
      const a = v128.load(samples + (((before * lanes + lane) as usize) << 2));
      const b = v128.load(samples + (((after * lanes + lane) as usize) << 2));
      v128.store(at, f32x4.sub(v128.load(at), f32x4.mul(k, f32x4.add(a, b))));
    }
  }
}

/** 1D_SR (F.3.6) of `lanes` signals at a time, interleaved; they begin at an odd position if `odd` is 1. */
function synthesise(samples: usize, count: i32, odd: i32, lanes: i32): void {
  if (count == 1) return; // at an odd position it is to be halved: its quantization step was
  for (let i = 0; i < count; i++) {
    const k = f32x4.splat((i + odd) & 1 ? TWO_INVERSE_K : K);
    for (let lane = 0; lane < lanes; lane += 4) {
      const at = samples + (((i * lanes + lane) as usize) << 2);
      v128.store(at, f32x4.mul(v128.load(at), k));
    }
  }
  lift(samples, count, odd, DELTA, lanes);
  lift(samples, count, 1 - odd, GAMMA, lanes);
  lift(samples, count, odd, BETA, lanes);
  lift(samples, count, 1 - odd, ALPHA, lanes);
}

/**
 * One level, as `inverse53` for floats.
 * @param scratch room for 16 (max(width, height) + 8) words
 */
export function inverse97(
  ll: usize,
  llStride: usize,
  hl: usize,
  lh: usize,
  hh: usize,
  stride: usize,
  x0: i32,
  y0: i32,
  x1: i32,
  y1: i32,
  out: usize,
  outStride: usize,
  scratch: usize,
): void {
  const width = x1 - x0;
  const height = y1 - y0;
  const oddX = x0 & 1;
  const oddY = y0 & 1;
  const lowX = ((x1 + 1) >> 1) - ((x0 + 1) >> 1);
  const highX = width - lowX;
  for (let y = 0; y < height; y += 4) {
    const rows = min(height - y, 4);
    for (let row = 0; row < rows; row++) {
      const isHigh = (y + row + oddY) & 1;
      const n = ((y + row + (isHigh ? oddY - 1 : -oddY)) >> 1) as usize;
      const low = isHigh ? lh + n * stride : ll + n * llStride;
      const high = (isHigh ? hh : hl) + n * stride;
      for (let i = 0; i < lowX; i++) {
        store<f32>(scratch + ((((2 * i + oddX) << 2) + row) << 2), load<f32>(low + (i << 2)));
      }
      for (let i = 0; i < highX; i++) {
        store<f32>(scratch + ((((2 * i + 1 - oddX) << 2) + row) << 2), load<f32>(high + (i << 2)));
      }
    }
    synthesise(scratch, width, oddX, 4);
    for (let row = 0; row < rows; row++) {
      const to = out + ((y + row) as usize) * outStride;
      for (let x = 0; x < width; x++) store<f32>(to + (x << 2), load<f32>(scratch + (((x << 2) + row) << 2)));
    }
  }
  for (let x = 0; x < width; x += 16) {
    const columns = out + ((x as usize) << 2);
    for (let y = 0; y < height; y++)
      memory.copy(scratch + ((y as usize) << 6), columns + (y as usize) * outStride, 64);
    synthesise(scratch, height, oddY, 16);
    const bytes = min(width - x, 16) << 2;
    for (let y = 0; y < height; y++) {
      memory.copy(columns + (y as usize) * outStride, scratch + ((y as usize) << 6), bytes);
    }
  }
}
