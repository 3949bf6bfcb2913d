/** The MQ encoder as ISO/IEC 15444-1 draws it in C.2, in the standard's names; see literal-mq.ts for the decoder. */
import { initialContexts, PROBABILITY_STATES } from './literal-mq.js';
import type { ContextState } from './literal-mq.js';

export class LiteralMqEncoder {
  /** Bytes from BPST - 1 on: the one before the first is never written out. */
  private readonly bytes = [0];
  private a = 0x8000;
  /** Carry in bit 27, the next byte in 19 to 26, three spacer bits, 16 of the fraction (table C.1). */
  private c = 0;
  private ct = 12;

  constructor(private readonly contexts = initialContexts()) {}

  /** ENCODE (C.2.2) and what it branches to: CODE0, CODE1 (C.2.3). */
  encode(cx: number, d: number): void {
    const context = this.contexts[cx]!;
    if (d === context.mps) this.codeMps(context);
    else this.codeLps(context);
  }

  /** FLUSH (C.2.9). @returns all bytes */
  flush(): Uint8Array {
    this.setBits();
    this.c *= 2 ** this.ct;
    this.byteOut();
    this.c *= 2 ** this.ct;
    this.byteOut();
    // A decoder finds 0xff behind the end anyway.
    if (this.bytes.at(-1) === 0xff) this.bytes.pop();
    return Uint8Array.from(this.bytes.slice(1));
  }

  /** CODELPS (C.2.4). */
  private codeLps(context: ContextState): void {
    const [qe, , nlps, switches] = PROBABILITY_STATES[context.index]!;
    this.a -= qe;
    if (this.a < qe) this.c += qe;
    else this.a = qe;
    if (switches === 1) context.mps = 1 - context.mps;
    context.index = nlps;
    this.renormE();
  }

  /** CODEMPS (C.2.4). */
  private codeMps(context: ContextState): void {
    const [qe, nmps] = PROBABILITY_STATES[context.index]!;
    this.a -= qe;
    if ((this.a & 0x8000) !== 0) {
      this.c += qe;
      return;
    }
    if (this.a < qe) this.a = qe;
    else this.c += qe;
    context.index = nmps;
    this.renormE();
  }

  /** RENORME (C.2.6). */
  private renormE(): void {
    do {
      this.a <<= 1;
      this.c *= 2;
      this.ct -= 1;
      if (this.ct === 0) this.byteOut();
    } while ((this.a & 0x8000) === 0);
  }

  /** BYTEOUT (C.2.7). */
  private byteOut(): void {
    const last = this.bytes.length - 1;
    if (this.bytes[last] !== 0xff) {
      if (this.c < 0x8000000) {
        this.writeByte();
        return;
      }
      this.bytes[last]! += 1;
      if (this.bytes[last] !== 0xff) {
        this.writeByte();
        return;
      }
      this.c &= 0x7ffffff;
    }
    this.writeStuffedByte();
  }

  private writeByte(): void {
    this.bytes.push((this.c >>> 19) & 0xff);
    this.c &= 0x7ffff;
    this.ct = 8;
  }

  /** Behind 0xff: seven bits below one for a carry. */
  private writeStuffedByte(): void {
    this.bytes.push(this.c >>> 20);
    this.c &= 0xfffff;
    this.ct = 7;
  }

  /** SETBITS (C.2.9). */
  private setBits(): void {
    const temp = this.c + this.a;
    this.c |= 0xffff;
    if (this.c >= temp) this.c -= 0x8000;
  }
}
