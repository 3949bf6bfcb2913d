/**
 * The MQ decoder as ISO/IEC 15444-1 draws it in C.3: byte by byte, branch by branch, one shift at a time. It is slow, and
 * its procedures and registers have the standard's names, so that it can be checked against the flow charts by eye.
 */

/** Table C.2 by index I: Qe, NMPS, NLPS, SWITCH. */
// prettier-ignore
export const PROBABILITY_STATES = [
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
] as const satisfies readonly (readonly [number, number, number, number])[];

/** What a context holds: I(CX) and MPS(CX). */
export interface ContextState {
  index: number;
  mps: number;
}

/** Table D.7 by context label: 0 for all-zero neighbours, 17 for run lengths, 18 for uniform; all MPS are 0. */
export function initialContexts(): ContextState[] {
  const first = new Map([
    [0, 4],
    [17, 3],
    [18, 46],
  ]);
  return Array.from({ length: 19 }, (_, label) => ({ index: first.get(label) ?? 0, mps: 0 }));
}

export class LiteralMq {
  protected bp = 0;
  /** Chigh and Clow, 16 bits each, as one register. */
  protected c = 0;
  protected a = 0;
  protected ct = 0;

  constructor(
    protected readonly bytes: Uint8Array,
    protected readonly contexts = initialContexts(),
  ) {
    this.initDec();
  }

  /** DECODE (C.3.2): the decision D in context CX. */
  decode(cx: number): number {
    const qe = this.qe(cx);
    this.a -= qe;
    if (this.chigh < qe) {
      const d = this.lpsExchange(cx, qe);
      this.renormD();
      return d;
    }
    this.c -= qe * 0x10000;
    if ((this.a & 0x8000) !== 0) return this.contexts[cx]!.mps;
    const d = this.mpsExchange(cx, qe);
    this.renormD();
    return d;
  }

  protected get chigh(): number {
    return this.c >>> 16;
  }

  protected qe(cx: number): number {
    return PROBABILITY_STATES[this.contexts[cx]!.index]![0];
  }

  /** The byte at an address; behind the last one 0xff follows for ever (D.4.1). */
  protected byte(address: number): number {
    return this.bytes[address] ?? 0xff;
  }

  private mpsExchange(cx: number, qe: number): number {
    const context = this.contexts[cx]!;
    const [, nmps] = PROBABILITY_STATES[context.index]!;
    if (this.a < qe) return this.codeLps(context);
    context.index = nmps;
    return context.mps;
  }

  private lpsExchange(cx: number, qe: number): number {
    const context = this.contexts[cx]!;
    const [, nmps] = PROBABILITY_STATES[context.index]!;
    if (this.a < qe) {
      this.a = qe;
      context.index = nmps;
      return context.mps;
    }
    this.a = qe;
    return this.codeLps(context);
  }

  /** What both exchanges do for an LPS. */
  private codeLps(context: ContextState): number {
    const [, , nlps, switches] = PROBABILITY_STATES[context.index]!;
    const d = 1 - context.mps;
    if (switches === 1) context.mps = 1 - context.mps;
    context.index = nlps;
    return d;
  }

  /** RENORMD (C.3.3). */
  private renormD(): void {
    do {
      if (this.ct === 0) this.byteIn();
      this.a <<= 1;
      this.c = (this.c << 1) >>> 0;
      this.ct -= 1;
    } while ((this.a & 0x8000) === 0);
  }

  /** BYTEIN (C.3.4). */
  private byteIn(): void {
    if (this.byte(this.bp) === 0xff) {
      const b1 = this.byte(this.bp + 1);
      if (b1 > 0x8f) {
        this.c = (this.c + 0xff00) >>> 0;
        this.ct = 8;
      } else {
        this.bp += 1;
        this.c = (this.c + (b1 << 9)) >>> 0;
        this.ct = 7;
      }
    } else {
      this.bp += 1;
      this.c = (this.c + (this.byte(this.bp) << 8)) >>> 0;
      this.ct = 8;
    }
  }

  /** INITDEC (C.3.5). */
  private initDec(): void {
    this.bp = 0;
    this.c = this.byte(0) << 16;
    this.byteIn();
    this.c = (this.c << 7) >>> 0;
    this.ct -= 7;
    this.a = 0x8000;
  }
}
