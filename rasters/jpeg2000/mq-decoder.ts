/**
 * The MQ decoder (ISO/IEC 15444-1 Annex C) for code-blocks that the kernel does not decode. Names of registers and
 * procedures are the standard's.
 */

/** Table C.2 by index I: Qe, NMPS, NLPS, SWITCH. */
// prettier-ignore
const STATES = [
  [0x5601, 1, 1, 1], [0x3401, 2, 6, 0], [0x1801, 3, 9, 0], [0x0ac1, 4, 12, 0], [0x0521, 5, 29, 0],
  [0x0221, 38, 33, 0], [0x5601, 7, 6, 1], [0x5401, 8, 14, 0], [0x4801, 9, 14, 0], [0x3801, 10, 14, 0],
  [0x3001, 11, 17, 0], [0x2401, 12, 18, 0], [0x1c01, 13, 20, 0], [0x1601, 29, 21, 0], [0x5601, 15, 14, 1],
  [0x5401, 16, 14, 0], [0x5101, 17, 15, 0], [0x4801, 18, 16, 0], [0x3801, 19, 17, 0], [0x3401, 20, 18, 0],
  [0x3001, 21, 19, 0], [0x2801, 22, 19, 0], [0x2401, 23, 20, 0], [0x2201, 24, 21, 0], [0x1c01, 25, 22, 0],
  [0x1801, 26, 23, 0], [0x1601, 27, 24, 0], [0x1401, 28, 25, 0], [0x1201, 29, 26, 0], [0x1101, 30, 27, 0],
  [0x0ac1, 31, 28, 0], [0x09c1, 32, 29, 0], [0x08a1, 33, 30, 0], [0x0521, 34, 31, 0], [0x0441, 35, 32, 0],
  [0x02a1, 36, 33, 0], [0x0221, 37, 34, 0], [0x0141, 38, 35, 0], [0x0111, 39, 36, 0], [0x0085, 40, 37, 0],
  [0x0049, 41, 38, 0], [0x0025, 42, 39, 0], [0x0015, 43, 40, 0], [0x0009, 44, 41, 0], [0x0005, 45, 42, 0],
  [0x0001, 45, 43, 0], [0x5601, 46, 46, 0],
] as const;
const QE = Uint16Array.from(STATES, ([qe]) => qe);
const NMPS = Uint8Array.from(STATES, ([, nmps]) => nmps);
const NLPS = Uint8Array.from(STATES, ([, , nlps]) => nlps);
const SWITCH = Uint8Array.from(STATES, ([, , , switches]) => switches);

/** Contexts of Annex D by label: 0 to 8 zero coding, 9 to 13 signs, 14 to 16 refinement. */
export const RUN_LENGTH_CONTEXT = 17;
export const UNIFORM_CONTEXT = 18;
const CONTEXTS = 19;

export class MqDecoder {
  /** I(CX) and MPS(CX). */
  private readonly index = new Uint8Array(CONTEXTS);
  private readonly mps = new Uint8Array(CONTEXTS);
  private bytes: Uint8Array = new Uint8Array();
  private bp = 0;
  /** Chigh and Clow as one register of 32 bits. */
  private c = 0;
  private a = 0;
  private ct = 0;

  constructor() {
    this.resetContexts();
  }

  /** Table D.7. */
  resetContexts(): void {
    this.mps.fill(0);
    this.index.fill(0);
    this.index[0] = 4;
    this.index[RUN_LENGTH_CONTEXT] = 3;
    this.index[UNIFORM_CONTEXT] = 46;
  }

  /** INITDEC (C.3.5) on a codeword segment; contexts stay as they are. */
  start(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.bp = 0;
    this.c = this.byte(0) << 16;
    this.byteIn();
    this.c <<= 7;
    this.ct -= 7;
    this.a = 0x8000;
  }

  /** DECODE (C.3.2) with both exchanges: the decision in context `cx`. */
  decode(cx: number): number {
    const state = this.index[cx]!;
    const qe = QE[state]!;
    const mps = this.mps[cx]!;
    this.a -= qe;
    const isLower = this.c >>> 16 < qe;
    if (!isLower) {
      this.c -= qe << 16;
      if ((this.a & 0x8000) !== 0) return mps;
    }
    // In the lower sub-interval the LPS is meant unless it is the larger one; in the upper only if it is.
    const isLps = isLower !== this.a < qe;
    if (isLower) this.a = qe;
    if (isLps) {
      if (SWITCH[state] === 1) this.mps[cx] = 1 - mps;
      this.index[cx] = NLPS[state]!;
    } else {
      this.index[cx] = NMPS[state]!;
    }
    do {
      if (this.ct === 0) this.byteIn();
      this.a <<= 1;
      this.c <<= 1;
      this.ct -= 1;
    } while ((this.a & 0x8000) === 0);
    return isLps ? 1 - mps : mps;
  }

  /** Behind the last byte 0xff follows for ever (D.4.1). */
  private byte(address: number): number {
    return address < this.bytes.length ? this.bytes[address]! : 0xff;
  }

  /** BYTEIN (C.3.4). */
  private byteIn(): void {
    if (this.byte(this.bp) !== 0xff) {
      this.bp += 1;
      this.c += this.byte(this.bp) << 8;
      this.ct = 8;
      return;
    }
    const next = this.byte(this.bp + 1);
    if (next > 0x8f) {
      this.c += 0xff00;
      this.ct = 8;
    } else {
      this.bp += 1;
      this.c += next << 9;
      this.ct = 7;
    }
  }
}

/** Raw bits of a bypassed segment: after a byte of 0xff the next one carries seven (D.6); behind the last one, ones. */
export class RawBits {
  private position = 0;
  private current = 0;
  private left = 0;

  constructor(private readonly bytes: Uint8Array) {}

  bit(): number {
    if (this.left === 0) {
      this.left = this.current === 0xff ? 7 : 8;
      this.current = this.position < this.bytes.length ? this.bytes[this.position++]! : 0xff;
    }
    return (this.current >> --this.left) & 1;
  }
}
