/** A code-block, from its compressed bytes to wavelet coefficients (ISO/IEC 15444-1 Annex D, E.1). */
import { writeCoefficients } from './coefficients';
import { FLAGS, zeroCodingTable } from './contexts';
import { resetContexts, startDecoder } from './mq';
import { cleanupPass, refinementPass, significancePass } from './passes';
import { clearSets, findComplete } from './sets';

/**
 * Decodes `passes` coding passes of a code-block of `width` x `height` coefficients and writes these into a plane of
 * 32-bit values, `stride` bytes a row: integers for 5/3, floats, multiplied by `step`, for 9/7.
 *
 * @param planes bit-planes that are coded: Mb - P of B.10.5
 * @param orientation of the sub-band: 0 LL, 1 HL, 2 LH, 3 HH
 * @param step half the quantization step
 */
export function decodeBlock(
  data: usize,
  length: u32,
  passes: i32,
  planes: i32,
  orientation: u32,
  width: i32,
  height: i32,
  plane: usize,
  stride: usize,
  reversible: bool,
  step: f32,
): void {
  memory.fill(FLAGS, 0, (width + 2) * (((height + 3) >> 2) + 2) * 4);
  clearSets(width, height, planes);
  resetContexts();
  startDecoder(data, length);
  const zeroCoding = zeroCodingTable(orientation);
  // The first bit-plane has a cleanup pass only (D.3); after it the three take turns.
  let pass = 2;
  let bitPlane = planes - 1;
  for (let i = 0; i < passes && bitPlane >= 0; i++) {
    if (pass == 0) significancePass(width, height, bitPlane, zeroCoding);
    else if (pass == 1) refinementPass(width, height, bitPlane);
    else cleanupPass(width, height, bitPlane, zeroCoding);
    if (++pass == 3) {
      pass = 0;
      bitPlane--;
    }
  }
  const lastPass = (pass + 2) % 3;
  findComplete(width, height, lastPass);
  writeCoefficients(
    width,
    height,
    planes,
    lastPass == 2 ? bitPlane + 1 : bitPlane,
    plane,
    stride,
    reversible,
    step,
  );
}
