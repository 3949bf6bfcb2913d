/** The shares of the pixels that a mask keeps, of a chunk's parcels by their places in the selection. */
import type { MaskedSpans } from '../layers/index.js';
import { type Coverage, MOST_WHOLE, type PixelShares, wholeBefore } from '../zonal/index.js';

/** The fraction and the exponent of a share of 1, the latter in its place. */
const ONE = { fraction: 0, exponent: 200 << 8 };

export class KeptShares implements PixelShares {
  readonly offsets: Uint32Array;
  fractions = new Uint32Array(1 << 12);
  steps = new Uint16Array(1 << 12);
  private count = 0;

  constructor(parcels: number) {
    this.offsets = new Uint32Array(parcels + 1);
  }

  /**
   * Takes the shares of one more parcel; parcels come in the selection's order.
   * @param kept spans of the parcel's that were narrowed: parts of the coverage's, in their order.
   */
  add(
    k: number,
    shares: PixelShares,
    parcel: number,
    { offsets, start, length }: Pick<Coverage, 'offsets' | 'start' | 'length'>,
    kept: Pick<MaskedSpans, 'start' | 'length' | 'count'>,
  ): void {
    const source = new SharePlace(shares, parcel);
    let span = offsets[parcel]!;
    /** Pixels of the parcel before the span. */
    let before = 0;
    /** Kept pixels without a share since the last one that has one. */
    let whole = 0;
    for (let i = 0; i < kept.count; i++) {
      const first = kept.start[i]!;
      while (first >= start[span]! + length[span]!) before += length[span++]!;
      let at = before + first - start[span]!;
      const end = at + kept.length[i]!;
      while (source.pixel < at) source.next();
      while (source.pixel < end) {
        this.push(whole + source.pixel - at, shares.fractions[source.place]!, shares.steps[source.place]!);
        whole = 0;
        at = source.pixel + 1;
        source.next();
      }
      whole += end - at;
    }
    this.offsets[k + 1] = this.count;
  }

  /** Appends a share; of more whole pixels before it than can be told, one after the other gets a share of 1. */
  private push(whole: number, fraction: number, step: number): void {
    let left = whole;
    for (; left > MOST_WHOLE; left -= MOST_WHOLE + 1) this.write(ONE.fraction, ONE.exponent | MOST_WHOLE);
    this.write(fraction, (step & ~MOST_WHOLE) | left);
  }

  private write(fraction: number, step: number): void {
    if (this.count === this.fractions.length) {
      this.fractions = grown(this.fractions, new Uint32Array(2 * this.count));
      this.steps = grown(this.steps, new Uint16Array(2 * this.count));
    }
    this.fractions[this.count] = fraction;
    this.steps[this.count++] = step;
  }
}

/** Walks along the pixels of a parcel that have shares, forwards only. */
class SharePlace {
  /** The share's place, and the pixel that has it, counted in the parcel; infinite behind the last one. */
  place: number;
  pixel: number;
  private readonly end: number;

  constructor(
    private readonly shares: PixelShares,
    parcel: number,
  ) {
    this.place = shares.offsets[parcel]!;
    this.end = shares.offsets[parcel + 1]!;
    this.pixel = this.pixelAfter(0);
  }

  next(): void {
    this.place++;
    this.pixel = this.pixelAfter(this.pixel + 1);
  }

  private pixelAfter(first: number): number {
    return this.place < this.end ? first + wholeBefore(this.shares, this.place) : Infinity;
  }
}

function grown<T extends Uint16Array | Uint32Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
