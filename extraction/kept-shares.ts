/** The shares of the pixels that a mask keeps, of a chunk's parcels by their places in the selection. */
import type { MaskedSpans } from '../layers/index.js';
import { type Coverage, type PixelShares, ShareList, wholeBefore } from '../zonal/index.js';

export class KeptShares {
  private readonly list = new ShareList();

  /**
   * Takes the shares of one more parcel; parcels come in the selection's order.
   * @param kept spans of the parcel's that were narrowed: parts of the coverage's, in their order.
   */
  add(
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
        this.list.push(shares, source.place, whole + source.pixel - at);
        whole = 0;
        at = source.pixel + 1;
        source.next();
      }
      whole += end - at;
    }
    this.list.endParcel();
  }

  /** The shares of the parcels so far, as views of memory that the next may leave. */
  view(): PixelShares {
    return this.list.view();
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
