/**
 * An MQ decoder that notices streams which no encoder makes: those where a carry comes too late for a decision.
 *
 * A byte of 0x80 to 0x8f behind 0xff carries one into the bits before it (C.2.7). The flow charts add it when they come to
 * that byte; until then Chigh is too small by one wherever all bits in between are ones. With an encoder's stream that
 * turns no decision round: an encoder that chose the upper sub-interval had added its base before it wrote those bytes, so
 * they reach the base without the carry, too. Nor does it where such a stream was cut off.
 */
import { LiteralMq } from './literal-mq.js';

export class CarryWatch extends LiteralMq {
  /** Whether a decision was other than it is with the carry that follows it. */
  isCarryLate = false;

  override decode(cx: number): number {
    if (this.isCarryDue()) {
      const withCarry = (this.chigh + 1) & 0xffff;
      if (this.chigh < this.qe(cx) !== withCarry < this.qe(cx)) this.isCarryLate = true;
    }
    return super.decode(cx);
  }

  /** Whether a carry that is still to be read reaches Chigh. */
  private isCarryDue(): boolean {
    // The bits of the latest byte that are not in Chigh yet are the highest of Clow.
    const ahead = 0xffff & ~(0xffff >>> this.ct);
    if ((this.c & ahead) !== ahead) return false;
    for (let address = this.bp; ; address++) {
      const next = this.byte(address + 1);
      if (this.byte(address) === 0xff) {
        if (next !== 0x7f) return next >= 0x80 && next <= 0x8f;
      } else if (next !== 0xff) return false;
    }
  }
}
