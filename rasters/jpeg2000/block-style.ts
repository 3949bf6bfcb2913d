/** Code-block styles (ISO/IEC 15444-1 table A.19) and what they do to the data of a code-block. */
export const BlockStyle = {
  /** Selective arithmetic coding bypass. */
  bypass: 0x01,
  /** Contexts are reset after each coding pass. */
  reset: 0x02,
  /** Each coding pass ends its codeword segment. */
  terminateAll: 0x04,
  /** Contexts do not look into the stripe below. */
  causal: 0x08,
  /** Predictable termination: of use to find errors only. */
  predictable: 0x10,
  /** Four symbols after each cleanup pass, of use to find errors only. */
  segmentation: 0x20,
  /** High-throughput block coding (ISO/IEC 15444-15). */
  highThroughput: 0x40,
} as const;

/** The first coding pass that bypass can leave uncoded: the first four bit-planes have 1 + 3 + 3 + 3 (D.6). */
const FIRST_BYPASSED = 10;

/** A bit-plane's passes: the first one has a cleanup pass only (D.3). */
export const PassKind = { cleanup: 0, significance: 1, refinement: 2 } as const;

/** Kind of coding pass `pass`, counted from 0. */
export function passKind(pass: number): number {
  return pass % 3;
}

/** Whether coding pass `pass` holds raw bits (table D.9). */
export function isRaw(pass: number, style: number): boolean {
  return (style & BlockStyle.bypass) !== 0 && pass >= FIRST_BYPASSED && passKind(pass) !== PassKind.cleanup;
}

/** The coding pass behind the last one of the codeword segment that `pass` belongs to (tables D.8 and D.9). */
export function segmentEnd(pass: number, style: number): number {
  if ((style & BlockStyle.terminateAll) !== 0) return pass + 1;
  if ((style & BlockStyle.bypass) === 0) return Infinity;
  if (pass < FIRST_BYPASSED) return FIRST_BYPASSED;
  return passKind(pass) === PassKind.significance ? pass + 2 : pass + 1;
}
