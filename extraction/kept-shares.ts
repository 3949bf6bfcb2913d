/** The shares of the pixels that a mask keeps, of a chunk's parcels by their places in the selection. */
import type { MaskedSpans } from '../layers/index.js';
import type { Coverage, PixelShares } from '../zonal/index.js';

/** A run is 16 bits long at most. */
const LONGEST = 65_535;

export class KeptShares implements PixelShares {
  readonly runOffsets: Uint32Array;
  readonly shareOffsets: Uint32Array;
  runs = new Uint16Array(1 << 12);
  fractions = new Uint32Array(1 << 12);
  exponents = new Uint8Array(1 << 12);
  private runCount = 0;
  private shareCount = 0;

  constructor(parcels: number) {
    this.runOffsets = new Uint32Array(parcels + 1);
    this.shareOffsets = new Uint32Array(parcels + 1);
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
    const source = new RunPlace(shares, parcel);
    const firstRun = this.runCount;
    let span = offsets[parcel]!;
    /** Pixels of the parcel before the span. */
    let before = 0;
    for (let i = 0; i < kept.count; i++) {
      const first = kept.start[i]!;
      while (first >= start[span]! + length[span]!) before += length[span++]!;
      let at = before + first - start[span]!;
      const end = at + kept.length[i]!;
      while (at < end) {
        source.find(at);
        const count = Math.min(end, source.end) - at;
        this.addRun(source.isPart, count, firstRun);
        if (source.isPart) this.addShares(shares, source.firstShare + at - source.begin, count);
        at += count;
      }
    }
    this.runOffsets[k + 1] = this.runCount;
    this.shareOffsets[k + 1] = this.shareCount;
  }

  /** Runs of whole pixels and of parts take turns, beginning with the former. */
  private addRun(isPart: boolean, pixels: number, firstRun: number): void {
    let left = pixels;
    while (left > 0) {
      const last = this.runCount - 1;
      const isOpen = last >= firstRun && ((last - firstRun) & 1) === (isPart ? 1 : 0);
      if (isOpen) {
        const more = Math.min(left, LONGEST - this.runs[last]!);
        this.runs[last]! += more;
        left -= more;
      }
      if (left > 0) this.pushRun();
    }
  }

  private pushRun(): void {
    if (this.runCount === this.runs.length) this.runs = grown(this.runs, new Uint16Array(2 * this.runCount));
    this.runs[this.runCount++] = 0;
  }

  private addShares({ fractions, exponents }: PixelShares, from: number, count: number): void {
    const end = this.shareCount + count;
    if (end > this.fractions.length) {
      this.fractions = grown(this.fractions, new Uint32Array(2 * end));
      this.exponents = grown(this.exponents, new Uint8Array(2 * end));
    }
    this.fractions.set(fractions.subarray(from, from + count), this.shareCount);
    this.exponents.set(exponents.subarray(from, from + count), this.shareCount);
    this.shareCount = end;
  }
}

/** Walks along the runs of a parcel, forwards only. */
class RunPlace {
  /** Pixels of the parcel before the run, and before the next one. */
  begin = 0;
  end = 0;
  isPart = true;
  /** Of the run's first pixel, where it is one of parts. */
  firstShare: number;
  private next: number;

  constructor(
    private readonly shares: PixelShares,
    parcel: number,
  ) {
    this.next = shares.runOffsets[parcel]!;
    this.firstShare = shares.shareOffsets[parcel]!;
  }

  /** Goes on to the run that holds a pixel of the parcel. */
  find(pixel: number): void {
    while (pixel >= this.end) {
      if (this.isPart) this.firstShare += this.end - this.begin;
      this.begin = this.end;
      this.isPart = !this.isPart;
      this.end += this.shares.runs[this.next++]!;
    }
  }
}

function grown<T extends Uint8Array | Uint16Array | Uint32Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
