/**
 * Statistics of pixels with a wide or no fixed set of values: floats, and integers beyond 16 bits or with a sign. All
 * arithmetic is in double precision, whatever the pixels are.
 *
 * Mean and variance take two passes and a correction (Chan, Golub and LeVeque 1983), so that neither large offsets nor
 * many pixels cost digits. For the percentiles the values are dealt to up to 256 bins by size, and only bins that hold a wanted
 * rank are sorted.
 */
import { between, quartileRank } from './percentile.js';
import { sortRange } from './sort.js';
import type { ZonalStatistics } from './zonal-statistics.js';
import type { PixelArray } from './pixels.js';

const MOST_BINS = 256;
/** A bin costs as much as a few values: parcels of a few hundred pixels get fewer. */
const VALUES_A_BIN = 4;

export class RealStatistics implements ZonalStatistics {
  private values = new Float64Array(1 << 12);
  private dealt = new Float64Array(1 << 12);
  private binOf = new Uint8Array(1 << 12);
  private count = 0;
  private sum = 0;
  private min = 0;
  private max = 0;
  /** First counts, then the ends of the bins in `dealt`. */
  private readonly bins = new Uint32Array(MOST_BINS);
  private binCount = MOST_BINS;
  private sortedFrom = 0;
  private sortedTo = 0;

  private readonly first: number;
  private readonly others: readonly number[];

  /** @param excluded values left out besides 0 and NaN, at the precision of the pixels. */
  constructor(excluded: readonly number[]) {
    [this.first = 0, ...this.others] = excluded;
  }

  compute(
    pixels: PixelArray,
    start: Int32Array,
    length: Uint16Array | Int32Array,
    from: number,
    to: number,
    out: Float64Array,
    at: number,
  ): number {
    let total = 0;
    for (let k = from; k < to; k++) total += length[k]!;
    this.makeRoom(total);
    this.gather(pixels, start, length, from, to);
    return this.measure(out, at);
  }

  /**
   * Measures numbers that are no pixels: the first `count` of them, of which NaN and infinities are left out, and 0 counts.
   * @returns how many are left.
   */
  computeAll(numbers: Float64Array, count: number, out: Float64Array, at: number): number {
    this.makeRoom(count);
    this.gatherAll(numbers, count);
    return this.measure(out, at);
  }

  private makeRoom(total: number): void {
    if (total <= this.values.length) return;
    this.values = new Float64Array(2 * total);
    this.dealt = new Float64Array(2 * total);
    this.binOf = new Uint8Array(2 * total);
  }

  /** Writes the statistics of what was gathered. */
  private measure(out: Float64Array, at: number): number {
    const { count, min, max } = this;
    out[at] = count;
    if (count === 0) return 0;
    this.deviations(out, at);
    out[at + 3] = min;
    out[at + 4] = max;
    this.deal();
    for (let quarter = 1; quarter < 4; quarter++) {
      const rank = quartileRank(count, quarter);
      const whole = Math.floor(rank);
      const value = this.seek(whole);
      out[at + 4 + quarter] = rank === whole ? value : between(value, this.seek(whole + 1), rank - whole);
    }
    return count;
  }

  private gather(
    pixels: PixelArray,
    start: Int32Array,
    length: Uint16Array | Int32Array,
    from: number,
    to: number,
  ): void {
    const { values, first, others } = this;
    const isOne = others.length === 0;
    let count = 0;
    let sum = 0;
    let min = Infinity;
    let max = -Infinity;
    for (let k = from; k < to; k++) {
      let i = start[k]!;
      const end = i + length[k]!;
      for (; i < end; i++) {
        const value = pixels[i]!;
        // Only NaN differs from itself.
        if (value !== 0 && value === value && value !== first && (isOne || !others.includes(value))) {
          values[count++] = value;
          sum += value;
          if (value < min) min = value;
          if (value > max) max = value;
        }
      }
    }
    this.count = count;
    this.sum = sum;
    this.min = min;
    this.max = max;
  }

  private gatherAll(numbers: Float64Array, total: number): void {
    const { values } = this;
    let count = 0;
    let sum = 0;
    let min = Infinity;
    let max = -Infinity;
    for (let i = 0; i < total; i++) {
      const value = numbers[i]!;
      // Of numbers that are finite only.
      if (value - value !== 0) continue;
      values[count++] = value;
      sum += value;
      if (value < min) min = value;
      if (value > max) max = value;
    }
    this.count = count;
    this.sum = sum;
    this.min = min;
    this.max = max;
  }

  /** Mean and standard deviation; on the way, counts how many values each bin will get. */
  private deviations(out: Float64Array, at: number): void {
    const { values, binOf, bins, count, min } = this;
    // With an infinite value, or next to no range, the products are 0, infinite or NaN: `| 0` makes them all bin 0.
    const binCount = Math.min(MOST_BINS, Math.ceil(count / VALUES_A_BIN));
    const scale = (binCount - 0.5) / (this.max - min);
    this.binCount = binCount;
    const mean = this.sum / count;
    let residual = 0;
    let squares = 0;
    bins.fill(0, 0, binCount);
    for (let i = 0; i < count; i++) {
      const value = values[i]!;
      const difference = value - mean;
      residual += difference;
      squares += difference * difference;
      const bin = ((value - min) * scale) | 0;
      binOf[i] = bin;
      bins[bin]!++;
    }
    const variance = (squares - residual * (residual / count)) / count;
    out[at + 1] = Number.isFinite(residual) ? mean + residual / count : mean;
    out[at + 2] = variance < 0 ? 0 : Math.sqrt(variance);
  }

  /** Deals the values to their bins, which ascend; the order within a bin is by chance. */
  private deal(): void {
    const { values, dealt, binOf, bins, binCount, count } = this;
    for (let bin = 0, end = 0; bin < binCount; bin++) {
      const size = bins[bin]!;
      bins[bin] = end;
      end += size;
    }
    for (let i = 0; i < count; i++) dealt[bins[binOf[i]!]!++] = values[i]!;
    this.sortedFrom = this.sortedTo = 0;
  }

  /** The value with this rank, counted from 0. */
  private seek(rank: number): number {
    const { bins, dealt } = this;
    if (rank < this.sortedFrom || rank >= this.sortedTo) {
      let bin = 0;
      while (bins[bin]! <= rank) bin++;
      this.sortedFrom = bin === 0 ? 0 : bins[bin - 1]!;
      this.sortedTo = bins[bin]!;
      sortRange(dealt, this.sortedFrom, this.sortedTo);
    }
    return dealt[rank]!;
  }
}
