/**
 * Statistics of more numbers than the kernel has room for, as it has them (kernel/reals.ts): mean and variance in two passes
 * and a correction; of the bins that values are dealt to, those that hold a wanted rank are sorted.
 */
import { between, quartileRank } from './percentile.js';
import { sortRange } from './sort.js';

const BINS = 256;

export class ManyReals {
  private dealt = new Float64Array(0);
  private binOf = new Uint8Array(0);
  private count = 0;
  private sum = 0;
  private min = 0;
  private max = 0;
  /** First counts, then the ends of the bins in `dealt`. */
  private readonly bins = new Uint32Array(BINS);
  private sortedFrom = 0;
  private sortedTo = 0;

  /**
   * Measures the first `length` of `values`, which may be moved; NaN is left out.
   * @returns how many are left.
   */
  measure(values: Float64Array, length: number, out: Float64Array, at: number): number {
    if (length > this.dealt.length) {
      this.dealt = new Float64Array(length);
      this.binOf = new Uint8Array(length);
    }
    this.summarise(values, length);
    const { count } = this;
    out[at] = count;
    if (count === 0) return 0;
    this.deviations(values, out, at);
    out[at + 3] = this.min;
    out[at + 4] = this.max;
    this.deal(values);
    for (let quarter = 1; quarter < 4; quarter++) {
      const rank = quartileRank(count, quarter);
      const whole = Math.floor(rank);
      const value = this.seek(whole);
      out[at + 4 + quarter] = rank === whole ? value : between(value, this.seek(whole + 1), rank - whole);
    }
    return count;
  }

  private summarise(values: Float64Array, length: number): void {
    let count = 0;
    let sum = 0;
    let min = Infinity;
    let max = -Infinity;
    for (let i = 0; i < length; i++) {
      const value = values[i]!;
      // Only NaN differs from itself.
      if (value !== value) continue;
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
  private deviations(values: Float64Array, out: Float64Array, at: number): void {
    const { binOf, bins, count, min } = this;
    // With an infinite value, or next to no range, the products are 0, infinite or NaN: `| 0` makes them all bin 0.
    const scale = (BINS - 0.5) / (this.max - min);
    const mean = this.sum / count;
    let residual = 0;
    let squares = 0;
    bins.fill(0);
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
  private deal(values: Float64Array): void {
    const { dealt, binOf, bins, count } = this;
    for (let bin = 0, end = 0; bin < BINS; bin++) {
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
