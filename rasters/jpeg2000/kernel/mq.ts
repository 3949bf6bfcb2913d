/**
 * The MQ arithmetic decoder (ISO/IEC 15444-1 Annex C), written without branches: the bits it yields are close to random,
 * so a processor can't foresee them, and `select` becomes a conditional move.
 *
 * Registers, against those of C.3.2:
 * - `A` is the standard's A in the upper half of 32 bits, so that "A < 0x8000" (renormalise) is "top bit clear", and the
 *   number of shifts is the number of leading zeros.
 * - `C` holds Chigh in bits 47 to 62 and the bytes read ahead below it.
 * - `CT` counts the shifts until more bytes are needed: `refill` takes several at a time.
 *
 * `decide` is correct as it stands. For speed the build (../expand.ts) writes its body into each function that calls it
 * and keeps the three registers in local variables there, which AssemblyScript's own inlining can't do: an inlined
 * function can return one value, and registers in globals make the whole of decoding about 15 % slower.
 */

/** Table C.2, one row a state: Qe, NMPS, NLPS, SWITCH. */
// prettier-ignore
const STATES: usize = memory.data<u16>([
  0x5601, 1, 1, 1,  0x3401, 2, 6, 0,  0x1801, 3, 9, 0,  0x0ac1, 4, 12, 0,
  0x0521, 5, 29, 0,  0x0221, 38, 33, 0,  0x5601, 7, 6, 1,  0x5401, 8, 14, 0,
  0x4801, 9, 14, 0,  0x3801, 10, 14, 0,  0x3001, 11, 17, 0,  0x2401, 12, 18, 0,
  0x1c01, 13, 20, 0,  0x1601, 29, 21, 0,  0x5601, 15, 14, 1,  0x5401, 16, 14, 0,
  0x5101, 17, 15, 0,  0x4801, 18, 16, 0,  0x3801, 19, 17, 0,  0x3401, 20, 18, 0,
  0x3001, 21, 19, 0,  0x2801, 22, 19, 0,  0x2401, 23, 20, 0,  0x2201, 24, 21, 0,
  0x1c01, 25, 22, 0,  0x1801, 26, 23, 0,  0x1601, 27, 24, 0,  0x1401, 28, 25, 0,
  0x1201, 29, 26, 0,  0x1101, 30, 27, 0,  0x0ac1, 31, 28, 0,  0x09c1, 32, 29, 0,
  0x08a1, 33, 30, 0,  0x0521, 34, 31, 0,  0x0441, 35, 32, 0,  0x02a1, 36, 33, 0,
  0x0221, 37, 34, 0,  0x0141, 38, 35, 0,  0x0111, 39, 36, 0,  0x0085, 40, 37, 0,
  0x0049, 41, 38, 0,  0x0025, 42, 39, 0,  0x0015, 43, 40, 0,  0x0009, 44, 41, 0,
  0x0005, 45, 42, 0,  0x0001, 45, 43, 0,  0x5601, 46, 46, 0,
]);
const STATE_COUNT: u32 = 47;
const STATE_BYTES: usize = 8;

/**
 * A context's word: Qe in the upper half, and (state * 2 + MPS) * 16 in the lower. The latter is the offset of its row in
 * SUCCESSORS, which holds the words that can come next: MPS with renormalisation, MPS without, LPS, LPS.
 */
export const SUCCESSORS: usize = memory.data(47 * 2 * 16, 16);
/** The words of the 19 contexts of Annex D, by label. Elsewhere a context is named by its offset here: four times its label. */
export const CONTEXTS: usize = memory.data(19 * 4, 16);
const CONTEXT_COUNT: usize = 19;

let A: u32 = 0;
let C: i64 = 0;
let CT: i32 = 0;

/** Bytes of the code-block not read yet, the last one read, and whether a marker or the end was met. */
let next: usize = 0;
let end: usize = 0;
let last: u32 = 0;
let exhausted: bool = false;

export function registerA(): u32 {
  return A;
}
export function registerC(): i64 {
  return C;
}
export function registerCT(): i32 {
  return CT;
}
export function setRegisters(a: u32, c: i64, ct: i32): void {
  A = a;
  C = c;
  CT = ct;
}

function contextWord(state: u32, mps: u32): u32 {
  return ((load<u16>(STATES + state * STATE_BYTES) as u32) << 16) | ((state * 2 + mps) << 4);
}

/** Fills SUCCESSORS; once, before anything else. */
export function prepareStates(): void {
  for (let state: u32 = 0; state < STATE_COUNT; state++) {
    const row = STATES + state * STATE_BYTES;
    const afterMps = load<u16>(row, 2) as u32;
    const afterLps = load<u16>(row, 4) as u32;
    const switches = load<u16>(row, 6) as u32;
    for (let mps: u32 = 0; mps < 2; mps++) {
      const successors = SUCCESSORS + (state * 2 + mps) * 16;
      store<u32>(successors, contextWord(afterMps, mps));
      store<u32>(successors, contextWord(state, mps), 4);
      store<u32>(successors, contextWord(afterLps, mps ^ switches), 8);
      store<u32>(successors, contextWord(afterLps, mps ^ switches), 12);
    }
  }
}

/** Initial states (table D.7): all-zero neighbourhood 4, run-length 3, uniform 46, all others 0. */
export function resetContexts(): void {
  for (let i: usize = 0; i < CONTEXT_COUNT; i++) store<u32>(CONTEXTS + i * 4, contextWord(0, 0));
  store<u32>(CONTEXTS, contextWord(4, 0));
  store<u32>(CONTEXTS + 17 * 4, contextWord(3, 0));
  store<u32>(CONTEXTS + 18 * 4, contextWord(46, 0));
}

/** INITDEC (C.3.5) on the bytes [data, data + length). */
export function startDecoder(data: usize, length: u32): void {
  next = data;
  end = data + length;
  last = 0;
  exhausted = false;
  A = 0x80000000;
  C = refill(0, -30);
  CT = refilledCT;
}

/** CT after the latest `refill`. */
export let refilledCT: i32 = 0;

/**
 * BYTEIN (C.3.4) as often as there is room: appends bytes below the bits that are left. A byte behind 0xff brings seven
 * bits; behind the end, or at a marker (0xff and more than 0x8f), ones are fed for ever.
 */
export function refill(c: i64, ct: i32): i64 {
  let room = ct + 15; // bits of C that are in use below Chigh
  if (last != 0xff && room >= 0 && end - next >= 4) {
    const word = bswap<u32>(load<u32>(next));
    // Four bytes at once where none of them is 0xff: one would show as a zero byte in the complement.
    if (!((~word - 0x01010101) & word & 0x80808080)) {
      next += 4;
      last = word & 0xff;
      refilledCT = room + 17;
      return c + ((word as i64) << (15 - room));
    }
  }
  while (room <= 39) {
    let byte: u32 = 0xff;
    let bits = 8;
    if (!exhausted) {
      if (next >= end) exhausted = true;
      else {
        byte = load<u8>(next);
        if (last != 0xff) next++;
        else if (byte > 0x8f) {
          byte = 0xff;
          exhausted = true;
        } else {
          bits = 7;
          next++;
        }
        if (!exhausted) last = byte;
      }
    }
    c += (byte as i64) << (47 - bits - room);
    room += bits;
  }
  refilledCT = room - 15;
  return c;
}

/**
 * DECODE (C.3.2) with LPS_EXCHANGE, MPS_EXCHANGE and RENORMD (C.3.3): the decision in context `context`, an offset in
 * CONTEXTS.
 */
export function decide(context: usize): u32 {
  const word = load<u32>(context, CONTEXTS);
  const qe = word & 0xffff0000;
  const upper = A - qe;
  const shiftedQe = (qe as i64) << 31;
  const isLower = C < shiftedQe; // Chigh < Qe
  // In the lower sub-interval the LPS is meant unless it is the larger one; in the upper only if it is (C.3.2).
  const lps = (isLower as u32) ^ ((upper < qe) as u32);
  C = select<i64>(C, C - shiftedQe, isLower);
  A = select<u32>(qe, upper, isLower);
  store<u32>(context, load<u32>((word & 0xfff0) + (lps << 3) + ((A >>> 31) << 2), SUCCESSORS), CONTEXTS);
  const shifts = clz<u32>(A);
  A <<= shifts;
  C <<= shifts as i64;
  CT -= shifts as i32;
  if (CT < 0) {
    C = refill(C, CT);
    CT = refilledCT;
  }
  return ((word >>> 4) & 1) ^ lps;
}

/** `decide` for a context in which the MPS without renormalisation is so likely that a branch is faster. */
export function decideLikely(context: usize): u32 {
  const likelyWord = load<u32>(context, CONTEXTS);
  const likelyQe = likelyWord & 0xffff0000;
  const likelyA = A - likelyQe;
  let decision: u32 = (likelyWord >>> 4) & 1;
  if (C >= (likelyQe as i64) << 31 && (likelyA as i32) < 0) {
    C -= (likelyQe as i64) << 31;
    A = likelyA;
  } else {
    decision = decide(context);
  }
  return decision;
}
