/**
 * The MQ arithmetic decoder (ISO/IEC 15444-1 Annex C), written without branches: the bits it yields are close to random,
 * so a processor can't foresee them, and `select` becomes a conditional move.
 *
 * Registers, against those of C.3.2:
 * - `A` is the standard's A in bits 62 to 47, so that "A < 0x8000" (renormalise) is "bit 62 clear", and the number of
 *   shifts is the number of leading zeros but one. Bit 63 is left to borrows: "C < Qe" is the sign of C - Qe.
 * - `C` holds Chigh in the same bits and below it bits read ahead, as many as there are above its lowest 1. That one marks
 *   their end: it moves up with them, so the standard's CT needs no register of its own.
 * - `W` is the word of context 16, which serves several decisions of a refinement pass in a row: each would have to wait
 *   for the one before it to come back from memory.
 *
 * The deciders are correct as they stand. For speed the build (../expand.ts) writes their bodies into each function that
 * calls them and keeps the registers in local variables there, which AssemblyScript's own inlining can't do: an inlined
 * function can return one value, and registers in globals make the whole of decoding about 15 % slower.
 */
import { STREAM, writeStream } from './stream';

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
 * A context's word: MPS in bit 63, Qe below it, as in A, and (state * 2 + MPS) * 32 in the lower half. The latter is the
 * offset of its row in SUCCESSORS, which holds the words that can come next: MPS with renormalisation, MPS without, LPS,
 * LPS.
 */
export const SUCCESSORS: usize = memory.data(47 * 2 * 32, 16);
/** The words of the 19 contexts of Annex D, by label. Elsewhere a context is named by its offset here: eight times its label. */
export const CONTEXTS: usize = memory.data(19 * 8, 16);
const CONTEXT_COUNT: usize = 19;
/** Qe of a context's word. */
export const QE: u64 = 0x7fff800000000000;

let A: u64 = 0;
let C: u64 = 0;
let W: u64 = 0;

/** The word of the stream that `refill` takes next, and the last one, which it takes for ever. */
let next: usize = 0;
let last: usize = 0;

export function loadA(): u64 {
  return A;
}
export function loadC(): u64 {
  return C;
}
export function loadW(): u64 {
  return W;
}
export function storeA(a: u64): void {
  A = a;
}
export function storeC(c: u64): void {
  C = c;
}
export function storeW(w: u64): void {
  W = w;
}

function contextWord(state: u32, mps: u32): u64 {
  const qe = load<u16>(STATES + state * (STATE_BYTES as u32)) as u64;
  return ((mps as u64) << 63) | (qe << 47) | ((state * 2 + mps) << 5);
}

/** Fills SUCCESSORS; once, before anything else. */
export function prepareStates(): void {
  for (let state: u32 = 0; state < STATE_COUNT; state++) {
    const row = STATES + state * (STATE_BYTES as u32);
    const afterMps = load<u16>(row, 2) as u32;
    const afterLps = load<u16>(row, 4) as u32;
    const switches = load<u16>(row, 6) as u32;
    for (let mps: u32 = 0; mps < 2; mps++) {
      const successors = SUCCESSORS + (state * 2 + mps) * 32;
      store<u64>(successors, contextWord(afterMps, mps));
      store<u64>(successors, contextWord(state, mps), 8);
      store<u64>(successors, contextWord(afterLps, mps ^ switches), 16);
      store<u64>(successors, contextWord(afterLps, mps ^ switches), 24);
    }
  }
}

/** Initial states (table D.7): all-zero neighbourhood 4, run-length 3, uniform 46, all others 0. */
export function resetContexts(): void {
  for (let i: usize = 0; i < CONTEXT_COUNT; i++) store<u64>(CONTEXTS + i * 8, contextWord(0, 0));
  store<u64>(CONTEXTS, contextWord(4, 0));
  store<u64>(CONTEXTS + 17 * 8, contextWord(3, 0));
  store<u64>(CONTEXTS + 18 * 8, contextWord(46, 0));
  W = contextWord(0, 0);
}

/** INITDEC (C.3.5) on the bytes [data, data + length). */
export function startDecoder(data: usize, length: u32): void {
  last = writeStream(data, length);
  A = 0x4000000000000000;
  C = ((load<u32>(STREAM) as u64) << 31) | 0x40000000;
  next = min(STREAM + 4, last);
}

/** @inline BYTEIN (C.3.4) for four bytes at once, when 32 to 46 of C's lowest bits are free behind the mark. */
export function refill(c: u64): u64 {
  const bits = load<u32>(next) as u64;
  next = min(next + 4, last);
  return (c & (c - 1)) | (((bits << 1) | 1) << (ctz(c) - 32));
}

/**
 * DECODE (C.3.2) with LPS_EXCHANGE, MPS_EXCHANGE and RENORMD (C.3.3): the decision in context `context`, an offset in
 * CONTEXTS.
 */
export function decide(context: usize): u32 {
  const word = load<u64>(context, CONTEXTS);
  const qe = word & QE;
  const upper = A - qe;
  const rest = C - qe; // negative in the lower sub-interval: Chigh < Qe
  // There the LPS is meant unless it is the larger one; in the upper only if it is (C.3.2): bit 63 is set for the LPS.
  const lps = rest ^ (upper - qe);
  A = select<u64>(qe, upper, C < qe);
  C = select<u64>(C, rest, (rest as i64) < 0);
  store<u64>(
    context,
    load<u64>((word as u32) + (((lps >>> 63) as u32) << 4) + (((A >>> 62) as u32) << 3), SUCCESSORS),
    CONTEXTS,
  );
  const zeros = clz<u64>(A);
  A <<= zeros - 1;
  // Chigh has 16 bits: what is shifted out of them, where a stream begins with a carry, is gone.
  C = (C << zeros) >>> 1;
  // The mark has left the lower half: at least 15 bits are ahead before each decision, which takes 15 at most.
  if (!(C as u32)) C = refill(C);
  return ((word ^ lps) >>> 63) as u32;
}

/** `decide` for a context in which the MPS without renormalisation is so likely that a branch is faster. */
export function decideLikely(context: usize): u32 {
  const likelyWord = load<u64>(context, CONTEXTS);
  const likelyQe = likelyWord & QE;
  const likelyA = A - likelyQe;
  let decision: u32 = (likelyWord >>> 63) as u32;
  if (C >= likelyQe && likelyA >>> 62) {
    C -= likelyQe;
    A = likelyA;
  } else {
    decision = decide(context);
  }
  return decision;
}

/**
 * `decide` in the context whose word is in W: the words that can follow are loaded before it is known which one it will be.
 */
export function decideHeld(): u32 {
  const word = W;
  const afterMps = load<u64>(word as u32, SUCCESSORS);
  const afterLps = load<u64>(word as u32, SUCCESSORS + 16);
  const qe = word & QE;
  const upper = A - qe;
  const rest = C - qe;
  const lps = rest ^ (upper - qe);
  A = select<u64>(qe, upper, C < qe);
  C = select<u64>(C, rest, (rest as i64) < 0);
  const zeros = clz<u64>(A);
  W = select<u64>(afterLps, select<u64>(afterMps, word, zeros != 1), (lps as i64) < 0);
  A <<= zeros - 1;
  C = (C << zeros) >>> 1;
  if (!(C as u32)) C = refill(C);
  return ((word ^ lps) >>> 63) as u32;
}
