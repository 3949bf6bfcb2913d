/** Statistics of pixels of any type that weigh their shares, and those beyond the eight. */
import type { PixelArray } from './pixels.js';
import { type PixelShares, shareAt, wholeBefore } from './pixel-shares.js';
import { ValueTable } from './value-table.js';
import type { ZonalStatistics } from './zonal-statistics.js';

/** @internal */
export class WeighedStatistics implements ZonalStatistics {
  private readonly table = new ValueTable();
  /** The pixels that count and what they weigh, in the order of the spans; then the values in order. */
  private values = new Float64Array(1 << 10);
  private weights = new Float64Array(1 << 10);
  private sorted = new Float64Array(1 << 10);
  private lost = 0;
  /** What the pixels of each value weigh, of small whole numbers. */
  private readonly bins = new Float64Array(256);

  /**
   * @param excluded values left out besides NaN and `none`, at the precision of the pixels
   * @param none a value that is no data: 0 of pixels; NaN of numbers that were reckoned, of which 0 is one.
   */
  constructor(
    private readonly excluded: readonly number[],
    private readonly isExtended: boolean,
    private readonly shares: PixelShares | undefined,
    private readonly none = 0,
  ) {}

  compute(
    pixels: PixelArray,
    start: Int32Array,
    length: Uint16Array | Int32Array,
    from: number,
    to: number,
    out: Float64Array,
    at: number,
    parcel = 0,
  ): number {
    let most = 0;
    for (let k = from; k < to; k++) most += length[k]!;
    if (most > this.values.length) {
      this.values = new Float64Array(2 * most);
      this.weights = new Float64Array(2 * most);
      this.sorted = new Float64Array(2 * most);
    }
    this.weigh(most, parcel);
    const count = this.gather(pixels, start, length, from, to);
    if (pixels instanceof Uint8Array) this.tabulateBytes(count);
    else this.tabulate(count);
    return this.table.measure(this.shares !== undefined, this.isExtended, this.lost, out, at);
  }

  /** Sets what the parcel's pixels weigh, `most` of them. */
  private weigh(most: number, parcel: number): void {
    const { weights } = this;
    weights.fill(1, 0, most);
    if (this.shares === undefined) return;
    const { offsets } = this.shares;
    const end = offsets[parcel + 1]!;
    let pixel = 0;
    for (let place = offsets[parcel]!; place < end; place++) {
      pixel += wholeBefore(this.shares, place);
      weights[pixel++] = shareAt(this.shares, place);
    }
  }

  /** Keeps the pixels that count, with their weights. @returns how many there are */
  private gather(
    pixels: PixelArray,
    start: Int32Array,
    length: Uint16Array | Int32Array,
    from: number,
    to: number,
  ): number {
    const { values, weights, excluded, none } = this;
    const areExcluded = excluded.length > 0;
    let count = 0;
    let pixel = 0;
    let lost = 0;
    for (let k = from; k < to; k++) {
      const end = start[k]! + length[k]!;
      for (let i = start[k]!; i < end; i++) {
        const value = pixels[i]!;
        const weight = weights[pixel++]!;
        // Only NaN differs from itself.
        if (value !== none && value === value && !(areExcluded && excluded.includes(value))) {
          values[count] = value;
          weights[count++] = weight;
        } else lost += weight;
      }
    }
    this.lost = lost;
    return count;
  }

  private tabulateBytes(count: number): void {
    const { bins, values, weights, table } = this;
    for (let i = 0; i < count; i++) bins[values[i]!]! += weights[i]!;
    table.clear(256);
    for (let value = 1; value < 256; value++) {
      const weight = bins[value]!;
      if (weight === 0) continue;
      table.push(value, weight);
      bins[value] = 0;
    }
  }

  private tabulate(count: number): void {
    const { values, weights, sorted, table } = this;
    sorted.set(values.subarray(0, count));
    sorted.subarray(0, count).sort();
    table.clear(count);
    for (let i = 0; i < count; i++) if (i === 0 || sorted[i] !== sorted[i - 1]) table.push(sorted[i]!, 0);
    for (let i = 0; i < count; i++) {
      const value = values[i]!;
      let low = 0;
      let high = table.count - 1;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (table.values[middle]! < value) low = middle + 1;
        else high = middle;
      }
      table.weights[low]! += weights[i]!;
    }
  }
}
