/** From the last wavelet level to samples (ISO/IEC 15444-1 G.1): round, undo the level shift, clamp, narrow. */

/**
 * @param stride, outStride bytes a row; rows are padded to a multiple of eight samples
 * @param levelShift 2^(precision - 1) for unsigned samples, 0 for signed ones
 * @param low, high the range of a sample: values beyond it, which lossy coding makes, are clamped (G.1.2)
 * @param bytes of a sample of the output: 1 or 2
 */
export function writeSamples(
  plane: usize,
  stride: usize,
  width: i32,
  height: i32,
  reversible: bool,
  levelShift: i32,
  low: i32,
  high: i32,
  out: usize,
  outStride: usize,
  bytes: i32,
): void {
  const shift = i32x4.splat(levelShift);
  const least = i32x4.splat(low);
  const most = i32x4.splat(high);
  for (let y = 0; y < height; y++) {
    let from = plane + (y as usize) * stride;
    let to = out + (y as usize) * outStride;
    for (let x = 0; x < width; x += 8, from += 32) {
      let a = v128.load(from);
      let b = v128.load(from, 16);
      if (!reversible) {
        a = i32x4.trunc_sat_f32x4_s(f32x4.nearest(a));
        b = i32x4.trunc_sat_f32x4_s(f32x4.nearest(b));
      }
      a = i32x4.max_s(i32x4.min_s(i32x4.add(a, shift), most), least);
      b = i32x4.max_s(i32x4.min_s(i32x4.add(b, shift), most), least);
      // In range now, so the lower half of each word is the sample, signed or not.
      const words = i8x16.shuffle(a, b, 0, 1, 4, 5, 8, 9, 12, 13, 16, 17, 20, 21, 24, 25, 28, 29);
      if (bytes == 2) {
        v128.store(to, words);
        to += 16;
      } else {
        const packed = i8x16.shuffle(words, words, 0, 2, 4, 6, 8, 10, 12, 14, 0, 2, 4, 6, 8, 10, 12, 14);
        store<i64>(to, i64x2.extract_lane(packed, 0));
        to += 8;
      }
    }
  }
}
