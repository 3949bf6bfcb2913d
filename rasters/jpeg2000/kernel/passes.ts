/**
 * The three coding passes over a bit-plane (ISO/IEC 15444-1 D.3).
 *
 * Each goes through the words of sets.ts, sixteen columns of a stripe at a time. `i` is a coefficient's bit in the word, so
 * i & 60 is four times its column, the place of its flags behind those of the word's first column. Addresses move along
 * with the words: reckoned from the column each time, they cost the passes a tenth, since WebAssembly's compilers do it
 * anew for every coefficient.
 */
import { decide, decideHeld, decideLikely } from './mq';
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
  onesOf,
  setStride,
} from './sets';

/** Bytes of the flags of a word's sixteen columns. */
const WORD_FLAGS: usize = 64;

/** D.3.1 and D.3.2: coefficients that are not significant, but have a neighbour that is. */
export function significancePass(width: i32, height: i32, plane: u32, zeroCoding: usize): void {
  const flagStride: usize = (width + 2) * 4;
  const stride = setStride(width);
  const ones = onesOf(plane, width, height);
  let set = stride + 8;
  let stripeFlags = FLAGS + 4;
  for (let y = 0; y < height; y += 4, set += 16) {
    stripeFlags += flagStride;
    let firstFlags = stripeFlags - WORD_FLAGS;
    for (let x = 0; x < width; x += 16, set += 8) {
      firstFlags += WORD_FLAGS;
      const near = neighboursOfSignificant(set, stride);
      if (!near) continue;
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
          store<u32>(at, withSignificant(flags, shift, negative));
          tellNeighbours(at, flagStride, shift, negative);
          significant |= (1 as u64) << i;
          const found = laterNeighbours(i) & candidates;
          todo |= found;
          coded |= found;
        }
      }
      store<u64>(ones + set, significant ^ load<u64>(set, SIGNIFICANT));
      store<u64>(set, significant, SIGNIFICANT);
      store<u64>(set, coded, CODED);
    }
  }
}

/** D.3.3: coefficients that were significant before this bit-plane. */
export function refinementPass(width: i32, height: i32, plane: u32): void {
  const stride = setStride(width);
  const ones = onesOf(plane, width, height);
  let set = stride + 8;
  for (let y = 0; y < height; y += 4, set += 16) {
    for (let x = 0; x < width; x += 16, set += 8) {
      let todo = load<u64>(set, SIGNIFICANT) & ~load<u64>(set, CODED);
      if (!todo) continue;
      const near = neighboursOfSignificant(set, stride);
      const refined = load<u64>(set, REFINED);
      store<u64>(set, refined | todo, REFINED);
      let found = load<u64>(ones + set);
      do {
        const bit = todo & -todo;
        todo ^= bit;
        let one: u32 = 0;
        // No decision has a part in which way it goes, so the processor learns it long before it is needed.
        if (refined & bit) {
          one = decideHeld();
        } else {
          one = decide(refinementContext((near & bit) != 0));
        }
        found |= bit & -(one as u64);
      } while (todo);
      store<u64>(ones + set, found);
    }
  }
}

/** D.3.4: all that the other two left, with run-length coding of columns without any significant neighbour. */
export function cleanupPass(width: i32, height: i32, plane: u32, zeroCoding: usize): void {
  const flagStride: usize = (width + 2) * 4;
  const ones = onesOf(plane, width, height);
  let set = setStride(width) + 8;
  let stripeFlags = FLAGS + 4;
  for (let y = 0; y < height; y += 4, set += 16) {
    const isFull = height - y >= 4;
    stripeFlags += flagStride;
    let firstFlags = stripeFlags - WORD_FLAGS;
    for (let x = 0; x < width; x += 16, set += 8) {
      firstFlags += WORD_FLAGS;
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
          store<u32>(at, withSignificant(flags, shift, negative));
          tellNeighbours(at, flagStride, shift, negative);
          significant |= (1 as u64) << i;
        }
      }
      store<u64>(ones + set, load<u64>(ones + set) | (significant ^ load<u64>(set, SIGNIFICANT)));
      store<u64>(set, significant, SIGNIFICANT);
    }
  }
}
