/**
 * Contexts of the coding passes (ISO/IEC 15444-1 Annex D) as look-up tables, and the flag words they are looked up from.
 *
 * A code-block is scanned in stripes of four rows, column by column (D.1). One 32-bit word describes a column of a
 * stripe and what surrounds it:
 *
 * | bits | meaning |
 * |---|---|
 * | 0..17 | significance of a window three columns wide and six rows high: bit 3 * row + column, row 0 lying above the stripe, row 5 below it, column 1 being this one |
 * | 18 | sign of the coefficient above the stripe |
 * | 19, 22, 25, 28 | sign of the coefficient in row 0, 1, 2, 3 of the stripe (1: negative) |
 * | 31 | sign of the coefficient below the stripe |
 *
 * So shifting a word right by 3 * row brings a coefficient's 3 x 3 neighbourhood to bits 0..8 (itself: bit 4), its sign
 * to 19, and so on. In what follows `shift` is 3 * row.
 */
/** Flag words, row by row of stripes, with one column more on either side and one stripe above and below. */
export const FLAGS: usize = memory.data((1024 + 2) * 3 * 4 + 16, 16);

export const RUN_LENGTH: usize = 17 * 8;
export const UNIFORM: usize = 18 * 8;

/** Table D.1: the context by orientation and neighbourhood. Contexts are offsets: eight times their label. */
const ZERO_CODING: usize = memory.data(4 * 512, 16);
/** Tables D.2, D.3: the context, and the sign bit's inversion in bit 0. */
const SIGN_CODING: usize = memory.data(256, 16);

const SELF: u32 = 0x10;
const NEIGHBOURS: u32 = 0x1ef;

export function prepareContexts(): void {
  for (let orientation: u32 = 0; orientation < 4; orientation++) {
    for (let window: u32 = 0; window < 512; window++) {
      store<u8>(ZERO_CODING + orientation * 512 + window, (zeroCodingLabel(orientation, window) << 3) as u8);
    }
  }
  for (let neighbours: u32 = 0; neighbours < 256; neighbours++) {
    store<u8>(SIGN_CODING + neighbours, signCodingEntry(neighbours) as u8);
  }
}

/** Table D.1 for a window whose bits are, row by row: NW N NE, W self E, SW S SE. */
function zeroCodingLabel(orientation: u32, window: u32): u32 {
  let h = ((window >> 3) & 1) + ((window >> 5) & 1);
  let v = ((window >> 1) & 1) + ((window >> 7) & 1);
  const d = (window & 1) + ((window >> 2) & 1) + ((window >> 6) & 1) + ((window >> 8) & 1);
  if (orientation == 3) {
    const hv = h + v;
    if (d >= 3) return 8;
    if (d == 2) return hv == 0 ? 6 : 7;
    if (d == 1) return 3 + min<u32>(hv, 2);
    return min<u32>(hv, 2);
  }
  if (orientation == 1) {
    const horizontal = h;
    h = v;
    v = horizontal;
  }
  if (h == 2) return 8;
  if (h == 1) return v > 0 ? 7 : d > 0 ? 6 : 5;
  if (v > 0) return 2 + v;
  return min<u32>(d, 2);
}

/** Tables D.2 and D.3; the index is what `signNeighbours` makes. */
function signCodingEntry(neighbours: u32): u32 {
  let h = contribution(neighbours, 3, 0) + contribution(neighbours, 5, 2);
  let v = contribution(neighbours, 1, 4) + contribution(neighbours, 7, 6);
  h = max<i32>(-1, min<i32>(1, h));
  v = max<i32>(-1, min<i32>(1, v));
  const inverted = h < 0 || (h == 0 && v < 0);
  if (inverted) {
    h = -h;
    v = -v;
  }
  const label: u32 = h == 0 ? 9 + v : 12 + v;
  return (label << 3) | (inverted ? 1 : 0);
}

/** Of a neighbour that is significant: 1 if positive, -1 if negative. */
function contribution(neighbours: u32, significance: u32, sign: u32): i32 {
  if (!((neighbours >> significance) & 1)) return 0;
  return (neighbours >> sign) & 1 ? -1 : 1;
}

/** Where the labels for one sub-band orientation start. */
export function zeroCodingTable(orientation: u32): usize {
  return ZERO_CODING + orientation * 512;
}

/** @inline The zero coding context of a coefficient. */
export function zeroCodingContext(table: usize, flags: u32, shift: u32): usize {
  return load<u8>(table + ((flags >> shift) & NEIGHBOURS)) as usize;
}

/** @inline Table D.4 for a coefficient that is refined for the first time, by whether a neighbour of it is significant. */
export function refinementContext(near: bool): usize {
  return select<usize>(15 * 8, 14 * 8, near);
}

/**
 * @inline Context and inversion of a sign. Significance of N, W, E, S stands in bits 1, 3, 5, 7 as in the window, their
 * signs in 4, 0, 2, 6.
 */
export function signCoding(flags: u32, at: usize, shift: u32): u32 {
  const west = (load<u32>(at - 4) >> (19 + shift)) & 1;
  const east = (load<u32>(at + 4) >> (17 + shift)) & 4;
  const north = (flags >> select<u32>(14, 12 + shift, shift == 0)) & 16;
  const south = (flags >> (16 + shift)) & 64;
  return load<u8>(SIGN_CODING + (((flags >> shift) & 0xaa) | west | east | north | south));
}

/** @inline Of the flags of four columns: -1 where the coefficient of row `row` is negative, 0 elsewhere. */
export function signsOfRow(flags: v128, row: i32): v128 {
  return i32x4.shr_s(i32x4.shl(flags, 12 - 3 * row), 31);
}

/** @inline A column's flags with the coefficient marked as significant, of sign `sign`. */
export function withSignificant(flags: u32, shift: u32, sign: u32): u32 {
  return flags | (((sign << 19) | SELF) << shift);
}

/**
 * @inline Tells the eight neighbours of a coefficient that it is significant; `stride` is the size of a row of words. The
 * stripe above is told of row 0, the one below of row 3, without branches: which row it is can't be foreseen.
 */
export function tellNeighbours(at: usize, stride: usize, shift: u32, sign: u32): void {
  store<u32>(at - 4, load<u32>(at - 4) | (0x20 << shift));
  store<u32>(at + 4, load<u32>(at + 4) | (0x08 << shift));
  const isTop = shift == 0;
  const beyond = select<usize>(at - stride, at + stride, isTop);
  // Column 0 of the row it is to the others, seen from the word to the right; 0 where no other stripe is concerned.
  const significance = select<u32>(0x8000, (shift == 9) as u32, isTop);
  const signBit = select<u32>(sign, 0, significance) << select<u32>(31, 18, isTop);
  store<u32>(beyond, load<u32>(beyond) | signBit | (significance << 1));
  store<u32>(beyond - 4, load<u32>(beyond - 4) | (significance << 2));
  store<u32>(beyond + 4, load<u32>(beyond + 4) | significance);
}
