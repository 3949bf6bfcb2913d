/**
 * Code-blocks of a style that the kernel does not know, or of more bit-planes than it holds (ISO/IEC 15444-1 Annex D): in
 * TypeScript, coefficient by coefficient, some twenty times slower than the kernel. No satellite product needs it.
 */
import { BlockStyle, isRaw, PassKind, passKind, segmentEnd } from './block-style.js';
import { Orientation } from './geometry.js';
import { MqDecoder, RawBits, RUN_LENGTH_CONTEXT, UNIFORM_CONTEXT } from './mq-decoder.js';

export interface StyledBlock {
  readonly width: number;
  readonly height: number;
  readonly orientation: number;
  readonly style: number;
  /** Bit-planes that are coded, from the first that is not empty down. */
  readonly planes: number;
  /** Codeword segments, each of which ends where the style says. */
  readonly segments: readonly { readonly passes: number; readonly bytes: Uint8Array }[];
}

/**
 * @returns coefficients row by row, each in the middle of what the bits that were decoded leave open (E-6, with r = 1/2);
 * valid until the next call
 */
export function decodeStyledBlock(block: StyledBlock): Float64Array {
  return new BlockDecoder(block).decode();
}

class BlockDecoder {
  private readonly mq = new MqDecoder();
  /** Undefined in passes that are arithmetically coded. */
  private raw: RawBits | undefined;
  /** Rows of these have a column more on either side, and there is a row more above and below: the outside of the block. */
  private readonly stride: number;
  /** 0 for what is not significant, else the sign: 1 or -1. */
  private readonly sign: Int8Array;
  /** 1: coded in this bit-plane's significance pass; 2: refined before. */
  private readonly flags: Uint8Array;
  private readonly magnitude: Float64Array;
  private readonly causal: boolean;

  constructor(private readonly block: StyledBlock) {
    this.stride = block.width + 2;
    const count = this.stride * (block.height + 2);
    this.sign = new Int8Array(count);
    this.flags = new Uint8Array(count);
    this.magnitude = new Float64Array(count);
    this.causal = (block.style & BlockStyle.causal) !== 0;
  }

  decode(): Float64Array {
    const { style, planes, segments } = this.block;
    let pass = 0;
    for (const { passes, bytes } of segments) {
      this.raw = isRaw(pass, style) ? new RawBits(bytes) : undefined;
      if (!this.raw) this.mq.start(bytes);
      for (const end = pass + passes; pass < end; pass++) {
        const plane = planes - 1 - Math.ceil(pass / 3);
        if (plane < 0) return this.coefficients();
        this.runPass(passKind(pass), 2 ** plane);
        if ((style & BlockStyle.reset) !== 0) this.mq.resetContexts();
      }
    }
    return this.coefficients();
  }

  private runPass(kind: number, weight: number): void {
    const { height } = this.block;
    for (let top = 0; top < height; top += 4) {
      const bottom = Math.min(top + 4, height);
      for (let x = 0; x < this.block.width; x++) {
        if (kind === PassKind.significance) this.significanceColumn(x, top, bottom, weight);
        else if (kind === PassKind.refinement) this.refinementColumn(x, top, bottom, weight);
        else this.cleanupColumn(x, top, bottom, weight);
      }
    }
    if (kind === PassKind.cleanup && (this.block.style & BlockStyle.segmentation) !== 0)
      for (let i = 0; i < 4; i++) this.mq.decode(UNIFORM_CONTEXT);
  }

  /** D.3.1; raw bits come without contexts and with the sign as it is (D.6). */
  private significanceColumn(x: number, top: number, bottom: number, weight: number): void {
    for (let y = top; y < bottom; y++) {
      const at = this.at(x, y);
      if (this.sign[at] !== 0) continue;
      const context = this.zeroCoding(at, y);
      if (context === 0) continue;
      this.flags[at]! |= 1;
      if ((this.raw ? this.raw.bit() : this.mq.decode(context)) === 1) this.becomeSignificant(at, y, weight);
    }
  }

  /** D.3.3. */
  private refinementColumn(x: number, top: number, bottom: number, weight: number): void {
    for (let y = top; y < bottom; y++) {
      const at = this.at(x, y);
      if (this.sign[at] === 0 || (this.flags[at]! & 1) !== 0) continue;
      const first = (this.flags[at]! & 2) === 0;
      const context = first ? (this.zeroCoding(at, y) === 0 ? 14 : 15) : 16;
      const bit = this.raw ? this.raw.bit() : this.mq.decode(context);
      // The half of what was left open moves to the middle of the upper or of the lower half.
      this.magnitude[at]! += bit === 1 ? weight / 2 : -weight / 2;
      this.flags[at]! |= 2;
    }
  }

  /** D.3.4. */
  private cleanupColumn(x: number, top: number, bottom: number, weight: number): void {
    let y = top;
    if (bottom === top + 4 && this.isRunLengthCoded(x, top)) {
      if (this.mq.decode(RUN_LENGTH_CONTEXT) === 0) return;
      y += 2 * this.mq.decode(UNIFORM_CONTEXT);
      y += this.mq.decode(UNIFORM_CONTEXT);
      this.becomeSignificant(this.at(x, y), y, weight);
      y++;
    }
    for (; y < bottom; y++) {
      const at = this.at(x, y);
      if (this.sign[at] === 0 && (this.flags[at]! & 1) === 0) {
        if (this.mq.decode(this.zeroCoding(at, y)) === 1) this.becomeSignificant(at, y, weight);
      }
    }
    for (y = top; y < bottom; y++) this.flags[this.at(x, y)]! &= ~1;
  }

  private isRunLengthCoded(x: number, top: number): boolean {
    for (let y = top; y < top + 4; y++) {
      const at = this.at(x, y);
      if (this.sign[at] !== 0 || (this.flags[at]! & 1) !== 0 || this.zeroCoding(at, y) !== 0) return false;
    }
    return true;
  }

  /** Its first bit of 1, the half of what is left open below it, and its sign (D.3.2). */
  private becomeSignificant(at: number, y: number, weight: number): void {
    this.magnitude[at] = 1.5 * weight;
    const negative = this.raw ? this.raw.bit() : this.decodeSign(at, y);
    this.sign[at] = negative === 1 ? -1 : 1;
  }

  /** Tables D.2 and D.3. */
  private decodeSign(at: number, y: number): number {
    const { sign, stride } = this;
    const h = Math.sign(sign[at - 1]! + sign[at + 1]!);
    const v = Math.sign(sign[at - stride]! + (this.seesBelow(y) ? sign[at + stride]! : 0));
    const flip = h < 0 || (h === 0 && v < 0);
    const context = h === 0 ? 9 + Math.abs(v) : 12 + h * v;
    return this.mq.decode(context) ^ Number(flip);
  }

  /** Table D.1: the context of a coefficient that is to become significant, 0 where no neighbour is. */
  private zeroCoding(at: number, y: number): number {
    const { sign, stride } = this;
    const above = at - stride;
    const below = at + stride;
    const lower = this.seesBelow(y);
    const is = (neighbour: number): number => sign[neighbour]! & 1;
    let h = is(at - 1) + is(at + 1);
    let v = is(above) + (lower ? is(below) : 0);
    const d = is(above - 1) + is(above + 1) + (lower ? is(below - 1) + is(below + 1) : 0);
    const { orientation } = this.block;
    if (orientation === Orientation.HH) {
      const straight = Math.min(h + v, 2);
      if (d === 0) return straight;
      return d >= 3 ? 8 : d === 2 ? (straight > 0 ? 7 : 6) : 3 + straight;
    }
    if (orientation === Orientation.HL) [h, v] = [v, h];
    if (h === 2) return 8;
    if (h === 1) return v > 0 ? 7 : d > 0 ? 6 : 5;
    return v > 0 ? 2 + v : Math.min(d, 2);
  }

  /** With causal contexts, what lies in the next stripe counts as insignificant (D.7). */
  private seesBelow(y: number): boolean {
    return !this.causal || (y & 3) !== 3;
  }

  private at(x: number, y: number): number {
    return (y + 1) * this.stride + x + 1;
  }

  private coefficients(): Float64Array {
    const { width, height } = this.block;
    const values = new Float64Array(width * height);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const at = this.at(x, y);
        values[y * width + x] = this.sign[at]! * this.magnitude[at]!;
      }
    }
    return values;
  }
}

/** Where codeword segments end among the pieces of a code-block's data, which come packet by packet. */
export function joinSegments(
  pieces: readonly { readonly passes: number; readonly bytes: Uint8Array }[],
  style: number,
): { passes: number; bytes: Uint8Array }[] {
  const segments: { passes: number; bytes: Uint8Array }[] = [];
  let pass = 0;
  let end = 0;
  for (const piece of pieces) {
    const open = segments[segments.length - 1];
    if (open && pass < end) {
      open.passes += piece.passes;
      open.bytes = Buffer.concat([open.bytes, piece.bytes]);
    } else {
      segments.push({ passes: piece.passes, bytes: piece.bytes });
      end = segmentEnd(pass, style);
    }
    pass += piece.passes;
  }
  return segments;
}
