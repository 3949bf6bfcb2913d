/**
 * The three coding passes over a bit-plane (ISO/IEC 15444-1 D.3).
 *
 * Coefficients lie in COEFFICIENTS in scan order: stripe by stripe, column by column, four rows a column. One is held as
 * sign in bit 31 and below it twice the magnitude; the bit below the last one decoded is set, which puts a coefficient
 * that is not decoded to its end into the middle of what it can be (the r = 1/2 of E-6 and E-8).
 *
 * Each pass goes through the words of sets.ts, sixteen columns of a stripe at a time. `i` is a coefficient's bit in the
 * word, and so its place behind the word's first coefficient; i & 60 is four times its column, so the place of its flags.
 */
import { decide, decideLikely, decideRefinement } from './mq';
import {
  FLAGS,
  RUN_LENGTH,
  UNIFORM,
  refinementContext,
  signCoding,
  tellNeighbours,
  withSignificant,
  zeroCodingContext,
} from './contexts';
import {
  CODED,
  REFINED,
  SIGNIFICANT,
  corner,
  laterNeighbours,
  neighboursOfSignificant,
  setStride,
} from './sets';

/** A code-block has 4096 coefficients at most (table A.18). */
export const COEFFICIENTS: usize = memory.data(4096 * 4, 16);

/** D.3.1 and D.3.2: coefficients that are not significant, but have a neighbour that is. */
export function significancePass(width: i32, height: i32, plane: u32, zeroCoding: usize): void {
  const flagStride: usize = (width + 2) * 4;
  const stride = setStride(width);
  const magnitude: u32 = 3 << plane;
  let set = stride + 8;
  for (let y = 0; y < height; y += 4, set += 16) {
    const stripe = COEFFICIENTS + ((y * width) << 2);
    const stripeFlags = FLAGS + (((y >> 2) + 1) as usize) * flagStride + 4;
    for (let x = 0; x < width; x += 16, set += 8) {
      const near = neighboursOfSignificant(set, stride);
      if (!near) continue;
      const coefficients = stripe + (x << 4);
      const firstFlags = stripeFlags + (x << 2);
      let significant = load<u64>(set, SIGNIFICANT);
      const candidates = ~significant & corner(width - x, height - y);
      let todo = near & candidates;
      let coded = todo;
      while (todo) {
        const i = ctz<u64>(todo) as u32;
        todo &= todo - 1;
        const at = firstFlags + (i & 60);
        const shift = (i & 3) * 3;
        const flags = load<u32>(at);
        const isSignificant = decide(zeroCodingContext(zeroCoding, flags, shift));
        if (isSignificant) {
          const coding = signCoding(flags, at, shift);
          const sign = decide(coding & 0xf8);
          const negative = sign ^ (coding & 1);
          store<u32>(coefficients + (i << 2), magnitude | (negative << 31));
          store<u32>(at, withSignificant(flags, shift, negative));
          tellNeighbours(at, flagStride, shift, negative);
          significant |= (1 as u64) << i;
          const found = laterNeighbours(i) & candidates;
          todo |= found;
          coded |= found;
        }
      }
      store<u64>(set, significant, SIGNIFICANT);
      store<u64>(set, coded, CODED);
    }
  }
}

/** D.3.3: coefficients that were significant before this bit-plane. */
export function refinementPass(width: i32, height: i32, plane: u32): void {
  const stride = setStride(width);
  // Twice the magnitude ends in a half: a bit of 1 moves it up by half of that, a 0 down.
  const half: u32 = 1 << plane;
  let set = stride + 8;
  for (let y = 0; y < height; y += 4, set += 16) {
    const stripe = COEFFICIENTS + ((y * width) << 2);
    for (let x = 0; x < width; x += 16, set += 8) {
      let todo = load<u64>(set, SIGNIFICANT) & ~load<u64>(set, CODED);
      if (!todo) continue;
      const coefficients = stripe + (x << 4);
      const near = neighboursOfSignificant(set, stride);
      const refined = load<u64>(set, REFINED);
      store<u64>(set, refined | todo, REFINED);
      do {
        const i = ctz<u64>(todo);
        todo &= todo - 1;
        const one = decideRefinement(refinementContext((refined >> i) as u32, (near >> i) as u32));
        const at = coefficients + ((i as usize) << 2);
        store<u32>(at, load<u32>(at) + select<u32>(half, -half, one));
      } while (todo);
    }
  }
}

/** D.3.4: all that the other two left, with run-length coding of columns without any significant neighbour. */
export function cleanupPass(width: i32, height: i32, plane: u32, zeroCoding: usize): void {
  const flagStride: usize = (width + 2) * 4;
  const magnitude: u32 = 3 << plane;
  let set = setStride(width) + 8;
  for (let y = 0; y < height; y += 4, set += 16) {
    const stripe = COEFFICIENTS + ((y * width) << 2);
    const stripeFlags = FLAGS + (((y >> 2) + 1) as usize) * flagStride + 4;
    const isFull = height - y >= 4;
    for (let x = 0; x < width; x += 16, set += 8) {
      const coefficients = stripe + (x << 4);
      const firstFlags = stripeFlags + (x << 2);
      let significant = load<u64>(set, SIGNIFICANT);
      let todo = ~significant & ~load<u64>(set, CODED) & corner(width - x, height - y);
      store<u64>(set, 0, CODED);
      while (todo) {
        let i = ctz<u64>(todo) as u32;
        const at = firstFlags + (i & 60);
        const flags = load<u32>(at);
        let isSignificant: u32 = 1;
        if (flags == 0 && isFull) {
          // Row 0 of a column that is to be done as a whole.
          const any = decideLikely(RUN_LENGTH);
          if (!any) {
            todo &= ~((0b1111 as u64) << i);
            continue;
          }
          const upperBit = decide(UNIFORM);
          const lowerBit = decide(UNIFORM);
          // Table D.5: the first significant row is told; it and the rows above it are done.
          const run = upperBit * 2 + lowerBit;
          todo &= ~((((2 as u64) << run) - 1) << i);
          i += run;
        } else {
          todo &= todo - 1;
          isSignificant = decide(zeroCodingContext(zeroCoding, flags, (i & 3) * 3));
        }
        if (isSignificant) {
          const shift = (i & 3) * 3;
          const coding = signCoding(flags, at, shift);
          const sign = decide(coding & 0xf8);
          const negative = sign ^ (coding & 1);
          store<u32>(coefficients + (i << 2), magnitude | (negative << 31));
          store<u32>(at, withSignificant(flags, shift, negative));
          tellNeighbours(at, flagStride, shift, negative);
          significant |= (1 as u64) << i;
        }
      }
      store<u64>(set, significant, SIGNIFICANT);
    }
  }
}
