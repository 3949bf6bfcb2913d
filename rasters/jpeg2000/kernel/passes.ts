/**
 * The three coding passes over a bit-plane (ISO/IEC 15444-1 D.3).
 *
 * Coefficients lie in COEFFICIENTS in scan order: stripe by stripe, column by column, four rows a column. One is held as
 * sign in bit 31 and below it twice the magnitude; the bit below the last one decoded is set, which puts a coefficient
 * that is not decoded to its end into the middle of what it can be (the r = 1/2 of E-6 and E-8).
 */
import { decide, decideLikely } from './mq';
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

/** A code-block has 4096 coefficients at most (table A.18). */
export const COEFFICIENTS: usize = memory.data(4096 * 4, 16);

/** A bit for each row of a stripe, three apart as in the flag words. */
const ROWS: u32 = 0x249;
/** The flags "coded in the significance pass" of all rows. */
const CODED: u32 = 0x49200000;
const WINDOW: u32 = 0x3ffff;

/** @inline Rows of the stripe at row `y` that lie inside the code-block. */
function rowsOf(y: i32, height: i32): u32 {
  return height - y >= 4 ? ROWS : ROWS & ((1 << (3 * (height - y))) - 1);
}

/** @inline Address of the coefficient in the row that `shift` stands for (shift / 3, without a division). */
function coefficientAt(column: usize, shift: u32): usize {
  return column + (((shift * 11) >> 5) << 2);
}

/** D.3.1 and D.3.2: coefficients that are not significant, but have a neighbour that is. */
export function significancePass(width: i32, height: i32, plane: u32, zeroCoding: usize): void {
  const stride: usize = (width + 2) * 4;
  const magnitude: u32 = 3 << plane;
  let at = FLAGS + stride + 4;
  let column = COEFFICIENTS;
  for (let y = 0; y < height; y += 4, at += 8) {
    const rows = rowsOf(y, height);
    for (let x = 0; x < width; x++, at += 4, column += 16) {
      let flags = load<u32>(at);
      const window = flags & WINDOW;
      if (!window) continue;
      // A bit for each row that has a significant neighbour: its own row left and right, and the rows around it.
      const across = window | (window >> 1) | (window >> 2);
      let todo = (across | (across >> 6) | ((window | (window >> 2)) >> 3)) & ~(flags >> 4) & rows;
      if (!todo) continue;
      do {
        const shift = ctz<u32>(todo);
        todo &= todo - 1;
        const significant = decide(zeroCodingContext(zeroCoding, flags, shift));
        flags |= 0x200000 << shift;
        if (significant) {
          const coding = signCoding(flags, at, shift);
          const sign = decide(coding & 0x7f);
          const negative = sign ^ (coding >> 7);
          store<u32>(coefficientAt(column, shift), magnitude | (negative << 31));
          flags = withSignificant(flags, shift, negative);
          tellNeighbours(at, stride, shift, negative);
          // The row below has a significant neighbour now.
          todo |= (8 << shift) & ~(flags >> 4) & rows;
        }
      } while (todo);
      store<u32>(at, flags);
    }
  }
}

/** D.3.3: coefficients that were significant before this bit-plane. */
export function refinementPass(width: i32, height: i32, plane: u32): void {
  // Twice the magnitude ends in a half: adding the bit decoded and taking the half away moves the half one place down.
  const half: u32 = 1 << plane;
  const bit = plane + 1;
  let at = FLAGS + (width + 2) * 4 + 4;
  let column = COEFFICIENTS;
  for (let y = 0; y < height; y += 4, at += 8) {
    for (let x = 0; x < width; x++, at += 4, column += 16) {
      const flags = load<u32>(at);
      const todo = flags & ~(flags >> 17) & 0x2490;
      if (!todo) continue;
      if (todo & 0x10) {
        const one = decide(refinementContext(flags));
        store<u32>(column, load<u32>(column) + (one << bit) - half);
      }
      if (todo & 0x80) {
        const one = decide(refinementContext(flags >> 3));
        store<u32>(column, load<u32>(column, 4) + (one << bit) - half, 4);
      }
      if (todo & 0x400) {
        const one = decide(refinementContext(flags >> 6));
        store<u32>(column, load<u32>(column, 8) + (one << bit) - half, 8);
      }
      if (todo & 0x2000) {
        const one = decide(refinementContext(flags >> 9));
        store<u32>(column, load<u32>(column, 12) + (one << bit) - half, 12);
      }
      store<u32>(at, flags | (todo << 16));
    }
  }
}

/** D.3.4: all that the other two left, with run-length coding of columns without any significant neighbour. */
export function cleanupPass(width: i32, height: i32, plane: u32, zeroCoding: usize): void {
  const stride: usize = (width + 2) * 4;
  const magnitude: u32 = 3 << plane;
  let at = FLAGS + stride + 4;
  let column = COEFFICIENTS;
  for (let y = 0; y < height; y += 4, at += 8) {
    const rows = rowsOf(y, height);
    for (let x = 0; x < width; x++, at += 4, column += 16) {
      let flags = load<u32>(at);
      let todo: u32;
      let found = false;
      if (flags == 0 && rows == ROWS) {
        const any = decideLikely(RUN_LENGTH);
        if (!any) continue;
        const upperBit = decide(UNIFORM);
        const lowerBit = decide(UNIFORM);
        // Table D.5: the first significant row is told, rows above it are done.
        todo = ROWS & ~((1 << ((upperBit * 2 + lowerBit) * 3)) - 1);
        found = true;
      } else {
        todo = ~(flags >> 4) & ~(flags >> 21) & rows;
      }
      while (todo) {
        const shift = ctz<u32>(todo);
        todo &= todo - 1;
        let significant: u32 = 1;
        if (!found) {
          significant = decide(zeroCodingContext(zeroCoding, flags, shift));
        }
        found = false;
        if (significant) {
          const coding = signCoding(flags, at, shift);
          const sign = decide(coding & 0x7f);
          const negative = sign ^ (coding >> 7);
          store<u32>(coefficientAt(column, shift), magnitude | (negative << 31));
          flags = withSignificant(flags, shift, negative);
          tellNeighbours(at, stride, shift, negative);
        }
      }
      store<u32>(at, flags & ~CODED);
    }
  }
}
