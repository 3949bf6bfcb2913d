/**
 * The decoding of a code-block's bit-planes as ISO/IEC 15444-1 tells it in D.1 to D.3: coefficient by coefficient, with
 * neighbours counted anew for each. Slow, and meant to be compared with the text.
 */
import {
  refinementContext,
  RUN_LENGTH_CONTEXT,
  signCodingContext,
  UNIFORM_CONTEXT,
  zeroCodingContext,
} from './literal-contexts.js';
import type { NeighbourSums } from './literal-contexts.js';

/** Where decisions come from: the MQ decoder, or a test that makes them up. */
export interface Decisions {
  decode(context: number): number;
}

export interface CodedShape {
  readonly width: number;
  readonly height: number;
  readonly orientation: number;
  /** Bit-planes that are coded, from the first that is not empty down. */
  readonly planes: number;
  readonly passes: number;
}

/**
 * @returns coefficients row by row, in units of the quantization step: each in the middle of what the bits that were
 * decoded leave open (E-6, with r = 1/2)
 */
export function decodeLiterally(decisions: Decisions, shape: CodedShape): Float64Array {
  const block = new LiteralBlock(decisions, shape);
  block.decode();
  return block.coefficients();
}

class LiteralBlock {
  private readonly width: number;
  private readonly height: number;
  private readonly significant: Uint8Array;
  private readonly negative: Uint8Array;
  private readonly magnitude: Uint32Array;
  /** The last bit-plane of which a significant coefficient's bit is known. */
  private readonly knownDownTo: Uint8Array;
  private readonly refined: Uint8Array;
  /** Coded by the significance propagation pass of this bit-plane. */
  private readonly coded: Uint8Array;

  constructor(
    private readonly decisions: Decisions,
    private readonly shape: CodedShape,
  ) {
    this.width = shape.width;
    this.height = shape.height;
    const count = shape.width * shape.height;
    this.significant = new Uint8Array(count);
    this.negative = new Uint8Array(count);
    this.magnitude = new Uint32Array(count);
    this.knownDownTo = new Uint8Array(count);
    this.refined = new Uint8Array(count);
    this.coded = new Uint8Array(count);
  }

  /** D.3: the first bit-plane has a cleanup pass only; after it the three take turns. */
  decode(): void {
    for (let pass = 0; pass < this.shape.passes; pass++) {
      const plane = this.shape.planes - 1 - Math.ceil(pass / 3);
      if (pass % 3 === 1) this.significancePropagationPass(plane);
      else if (pass % 3 === 2) this.magnitudeRefinementPass(plane);
      else this.cleanupPass(plane);
    }
  }

  coefficients(): Float64Array {
    return Float64Array.from(this.magnitude, (magnitude, at) => {
      if (magnitude === 0) return 0;
      const middle = magnitude + 0.5 * 2 ** this.knownDownTo[at]!;
      return this.negative[at] === 1 ? -middle : middle;
    });
  }

  /** D.3.1. */
  private significancePropagationPass(plane: number): void {
    for (const { x, top, bottom } of this.columns()) {
      for (let y = top; y < bottom; y++) {
        const at = this.at(x, y);
        const context = this.zeroCodingContext(x, y);
        if (this.significant[at] === 1 || context === 0) continue;
        this.coded[at] = 1;
        if (this.decisions.decode(context) === 1) this.becomeSignificant(x, y, plane);
      }
    }
  }

  /** D.3.3. */
  private magnitudeRefinementPass(plane: number): void {
    for (const { x, top, bottom } of this.columns()) {
      for (let y = top; y < bottom; y++) {
        const at = this.at(x, y);
        if (this.significant[at] === 0 || this.coded[at] === 1) continue;
        const context = refinementContext(this.refined[at] === 0, this.sums(x, y));
        this.magnitude[at]! += this.decisions.decode(context) * 2 ** plane;
        this.knownDownTo[at] = plane;
        this.refined[at] = 1;
      }
    }
  }

  /** D.3.4. */
  private cleanupPass(plane: number): void {
    for (const { x, top, bottom } of this.columns()) {
      let y = top;
      if (this.isRunLengthCoded(x, top, bottom)) {
        if (this.decisions.decode(RUN_LENGTH_CONTEXT) === 0) continue;
        y += 2 * this.decisions.decode(UNIFORM_CONTEXT);
        y += this.decisions.decode(UNIFORM_CONTEXT);
        this.becomeSignificant(x, y, plane);
        y += 1;
      }
      for (; y < bottom; y++) {
        if (!this.isLeft(x, y)) continue;
        if (this.decisions.decode(this.zeroCodingContext(x, y)) === 1) this.becomeSignificant(x, y, plane);
      }
    }
    this.coded.fill(0);
  }

  /** Four coefficients, all of them left to this pass, all in context 0. */
  private isRunLengthCoded(x: number, top: number, bottom: number): boolean {
    const rows = [top, top + 1, top + 2, top + 3];
    return bottom === top + 4 && rows.every((y) => this.isLeft(x, y) && this.zeroCodingContext(x, y) === 0);
  }

  private isLeft(x: number, y: number): boolean {
    return this.significant[this.at(x, y)] === 0 && this.coded[this.at(x, y)] === 0;
  }

  /** Its first bit of 1, and its sign (D.3.2, equation D-1). */
  private becomeSignificant(x: number, y: number, plane: number): void {
    const at = this.at(x, y);
    const { context, xorBit } = signCodingContext(
      this.contribution(x - 1, y) + this.contribution(x + 1, y),
      this.contribution(x, y - 1) + this.contribution(x, y + 1),
    );
    this.negative[at] = this.decisions.decode(context) ^ xorBit;
    this.significant[at] = 1;
    this.magnitude[at] = 2 ** plane;
    this.knownDownTo[at] = plane;
  }

  /** D.1: stripes of four rows from the top down, columns of a stripe from left to right. */
  private *columns(): Generator<{ x: number; top: number; bottom: number }> {
    for (let top = 0; top < this.height; top += 4) {
      for (let x = 0; x < this.width; x++) yield { x, top, bottom: Math.min(top + 4, this.height) };
    }
  }

  private zeroCodingContext(x: number, y: number): number {
    return zeroCodingContext(this.shape.orientation, this.sums(x, y));
  }

  private sums(x: number, y: number): NeighbourSums {
    return {
      h: this.significance(x - 1, y) + this.significance(x + 1, y),
      v: this.significance(x, y - 1) + this.significance(x, y + 1),
      d:
        this.significance(x - 1, y - 1) +
        this.significance(x + 1, y - 1) +
        this.significance(x - 1, y + 1) +
        this.significance(x + 1, y + 1),
    };
  }

  /** What a neighbour adds to table D.2. */
  private contribution(x: number, y: number): number {
    if (this.significance(x, y) === 0) return 0;
    return this.negative[this.at(x, y)] === 1 ? -1 : 1;
  }

  /** Coefficients outside the code-block count as insignificant. */
  private significance(x: number, y: number): number {
    if (x < 0 || y < 0 || x >= this.width || y >= this.height) return 0;
    return this.significant[this.at(x, y)]!;
  }

  private at(x: number, y: number): number {
    return y * this.width + x;
  }
}
