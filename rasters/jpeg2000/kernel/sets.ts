/**
 * Sets of a code-block's coefficients, as bits in scan order (ISO/IEC 15444-1 D.1): a 64-bit word for sixteen columns of
 * a stripe, bit 4 * column + row. A coding pass finds those it is to code by a few operations on words, and visits them
 * from set bit to set bit. Asking each coefficient would be one branch each that no processor can foresee.
 *
 * Rows of words have an empty one on either side, and there is an empty row above and below. A `set` is the offset of a
 * word from the start of its set.
 */

/** Enough for blocks of 1024 x 4 (66 x 3 words), 4 x 1024 (3 x 258) and what lies between. */
const WORDS = 3 * 258;
/** Those that are significant. */
export const SIGNIFICANT: usize = memory.data(WORDS * 8, 16);
/** Those that the significance pass of this bit-plane coded. */
export const CODED: usize = memory.data(WORDS * 8, 16);
/** Those that were refined before (D.3.3). */
export const REFINED: usize = memory.data(WORDS * 8, 16);

/** Those decoded down to the last bit-plane of which there is anything; the others were down to the one above it. */
export const COMPLETE: usize = memory.data(WORDS * 8, 16);
/** Those of which a bit-plane holds a 1: a set for each of at most 30 bit-planes, the lowest first. */
const MAGNITUDES: usize = memory.data(30 * WORDS * 8, 16);

/** Row 0 of all columns; row 3 is 8 times this. */
const ROW: u64 = 0x1111111111111111;

/** @inline Bytes of a row of words. */
export function setStride(width: i32): usize {
  return (((width + 15) >> 4) + 2) * 8;
}

/** @inline Bytes of a set. */
function setBytes(width: i32, height: i32): usize {
  return setStride(width) * (((height + 3) >> 2) + 2);
}

/** The set of those of which bit-plane `plane` holds a 1. */
export function onesOf(plane: i32, width: i32, height: i32): usize {
  return MAGNITUDES + (plane as usize) * setBytes(width, height);
}

/** @param planes bit-planes that are coded: at most 30 */
export function clearSets(width: i32, height: i32, planes: i32): void {
  const bytes = setBytes(width, height);
  memory.fill(SIGNIFICANT, 0, bytes);
  memory.fill(CODED, 0, bytes);
  memory.fill(REFINED, 0, bytes);
  memory.fill(MAGNITUDES, 0, (planes as usize) * bytes);
}

/** Fills COMPLETE, after `pass` as the last one: 0 significance propagation, 1 refinement, 2 cleanup. */
export function findComplete(width: i32, height: i32, pass: i32): void {
  const bytes = setBytes(width, height);
  for (let at: usize = 0; at < bytes; at += 8) {
    const coded = load<u64>(CODED + at);
    const refined = load<u64>(SIGNIFICANT + at);
    store<u64>(COMPLETE + at, pass == 2 ? ~0 : pass == 1 ? coded | refined : coded);
  }
}

/** @inline The first `columns` columns and `rows` rows of a word. */
export function corner(columns: i32, rows: i32): u64 {
  const inColumns: u64 = columns >= 16 ? ~0 : ((1 as u64) << (columns << 2)) - 1;
  return rows >= 4 ? inColumns : inColumns & (ROW * (((1 as u64) << rows) - 1));
}

/** @inline Of a word's coefficients, those above or below which one is significant. */
function verticalNeighbours(at: usize, stride: usize): u64 {
  const own = load<u64>(at);
  const above = (load<u64>(at - stride) >> 3) & ROW;
  const below = (load<u64>(at + stride) << 3) & (8 * ROW);
  return ((own << 1) & ~ROW) | above | ((own >> 1) & ~(8 * ROW)) | below;
}

/** Of a word's coefficients, those that have a significant one among their eight neighbours. */
export function neighboursOfSignificant(set: usize, stride: usize): u64 {
  const at = SIGNIFICANT + set;
  const vertical = verticalNeighbours(at, stride);
  const column = vertical | load<u64>(at);
  const before = verticalNeighbours(at - 8, stride) | load<u64>(at - 8);
  const behind = verticalNeighbours(at + 8, stride) | load<u64>(at + 8);
  return vertical | (column << 4) | (before >> 60) | (column >> 4) | (behind << 60);
}

/**
 * @inline The neighbours of a word's coefficient `i` that are scanned after it, within the word: below it, and in the next
 * column above, beside and below it.
 */
export function laterNeighbours(i: u32): u64 {
  // By row, a byte each: 110010 for row 0, 111010, 111010, 011000.
  return (((0x183a3a32 >>> ((i & 3) << 3)) & 0xff) as u64) << i;
}
