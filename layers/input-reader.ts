/** Reads the input of an index: stored numbers under a parcel become physical ones, and NaN where there is no data. */
import type { Alignment } from './alignment.js';
import { type PixelWindow, SpanPlace } from './pixel-window.js';

/**
 * How stored numbers become physical ones: `(number + offset) * scale / unit`, in this order. Of Sentinel-2 a unit of
 * reflectance is 10000 numbers, and offset and scale are the product's; radar's numbers are physical as they are.
 */
export interface Calibration {
  readonly offset: number;
  readonly scale: number;
  readonly unit: number;
}

export const PHYSICAL: Calibration = { offset: 0, scale: 1, unit: 1 };

export class InputReader {
  private readonly place: SpanPlace;
  private readonly first: number;
  private readonly others: readonly number[];

  /**
   * @param alignment of the input's grid and the index's
   * @param width that of the index's grid
   * @param excluded stored numbers that are no data, besides 0 and NaN.
   */
  constructor(
    private readonly alignment: Alignment,
    width: number,
    private readonly calibration: Calibration,
    excluded: readonly number[],
  ) {
    this.place = new SpanPlace(alignment, width);
    [this.first = 0, ...this.others] = excluded;
  }

  /**
   * Writes the numbers under the spans `from` to before `to` of the index's grid to `out`, which has room for them.
   * @param source pixels beside this window have no data.
   */
  read(
    source: PixelWindow,
    start: Int32Array,
    length: Uint16Array | Int32Array,
    from: number,
    to: number,
    out: Float64Array,
  ): void {
    const { pixels } = source;
    const { across } = this.alignment;
    const { offset, scale, unit } = this.calibration;
    const { place, first, others } = this;
    const isOne = others.length === 0;
    let at = 0;
    for (let k = from; k < to; k++) {
      const count = length[k]!;
      place.find(start[k]!, count, source);
      const { before, after } = place;
      if (before > 0) out.fill(NaN, at, at + before);
      const end = at + count - after;
      at += before;
      let i = place.first;
      if (across === 1) {
        for (; at < end; at++, i++) {
          const value = pixels[i]!;
          // NaN needs no asking: it stays what it is.
          const isData = value !== 0 && value !== first && (isOne || !others.includes(value));
          out[at] = isData ? ((value + offset) * scale) / unit : NaN;
        }
      } else {
        for (let next = across - place.phase; at < end; next = across, i++) {
          const value = pixels[i]!;
          const isData = value !== 0 && value !== first && (isOne || !others.includes(value));
          const physical = isData ? ((value + offset) * scale) / unit : NaN;
          for (const stop = Math.min(end, at + next); at < stop; at++) out[at] = physical;
        }
      }
      if (after > 0) out.fill(NaN, at, at + after);
      at += after;
    }
  }
}
