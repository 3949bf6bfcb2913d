/**
 * The values of a parcel's pixels, each once, ascending, with what the pixels of each weigh; and the statistics that follow.
 *
 * Where all pixels weigh 1, percentiles are numpy's "linear" ones (percentile.ts). Where each weighs its share, they are
 * exactextract's, which counts places from 0: of `n` values the one at place `i` stands at `i w(i) + (n - 1) (w(0) + ... +
 * w(i - 1))`, and the quantile `q` is read off between two values at `q (n - 1) (w(0) + ... + w(n - 1))`.
 */
import { between } from './percentile.js';

/** The quantiles of the EXTENDED_STATISTICS, ascending, and where they stand there. */
const QUANTILES: readonly (readonly [q: number, place: number])[] = [
  [0.05, 8],
  [0.1, 9],
  [0.25, 5],
  [0.5, 6],
  [0.75, 7],
  [0.9, 10],
  [0.95, 11],
];

export class ValueTable {
  values = new Float64Array(256);
  weights = new Float64Array(256);
  /** How many values there are. */
  count = 0;

  /** Empties the table and makes room for so many values. */
  clear(most: number): void {
    this.count = 0;
    if (most <= this.values.length) return;
    this.values = new Float64Array(2 * most);
    this.weights = new Float64Array(2 * most);
  }

  /** Appends a value that is larger than those before. */
  push(value: number, weight: number): void {
    this.values[this.count] = value;
    this.weights[this.count++] = weight;
  }

  /**
   * Writes the STATISTICS to `out[at]` and following, or the EXTENDED_STATISTICS.
   * @param lost what the pixels that don't count weigh
   * @returns what those that count weigh; where that is 0, nothing else is written.
   */
  measure(isWeighted: boolean, isExtended: boolean, lost: number, out: Float64Array, at: number): number {
    const { values, weights, count } = this;
    let total = 0;
    for (let i = 0; i < count; i++) total += weights[i]!;
    out[at] = total;
    if (count === 0) return 0;
    const mean = this.mean(total);
    let squares = 0;
    let cubes = 0;
    for (let i = 0; i < count; i++) {
      const distance = values[i]! - mean;
      squares += weights[i]! * distance * distance;
      cubes += weights[i]! * distance * distance * distance;
    }
    const variance = count > 1 ? squares / total : 0;
    out[at + 1] = mean;
    out[at + 2] = Math.sqrt(variance);
    out[at + 3] = values[0]!;
    out[at + 4] = values[count - 1]!;
    for (const [q, place] of QUANTILES)
      if (isExtended || place < 8)
        out[at + place] = isWeighted ? this.weightedQuantile(q, total) : this.rankedQuantile(q, total);
    if (isExtended) {
      out[at + 12] = variance > 0 ? cubes / total / variance ** 1.5 : NaN;
      out[at + 13] = total / (total + lost);
    }
    return total;
  }

  /** The mean, corrected by that of what is left. */
  private mean(total: number): number {
    const { values, weights, count } = this;
    let sum = 0;
    for (let i = 0; i < count; i++) sum += weights[i]! * values[i]!;
    const mean = sum / total;
    let residual = 0;
    for (let i = 0; i < count; i++) residual += weights[i]! * (values[i]! - mean);
    return Number.isFinite(residual) ? mean + residual / total : mean;
  }

  private weightedQuantile(q: number, total: number): number {
    const { values, weights, count } = this;
    const last = count - 1;
    const target = q * (total * last);
    let before = 0;
    let left = 0;
    for (let i = 0; i < count; i++) {
      const position = i * weights[i]! + last * before;
      if (position > target) {
        const [low, high] = [values[i - 1]!, values[i]!];
        return low + ((target - left) * (high - low)) / (position - left);
      }
      left = position;
      before += weights[i]!;
    }
    return values[last]!;
  }

  private rankedQuantile(q: number, total: number): number {
    const { values, weights } = this;
    const rank = (total - 1) * q;
    const whole = Math.floor(rank);
    let i = 0;
    let end = weights[0]!;
    while (end <= whole) end += weights[++i]!;
    const next = end > whole + 1 || rank === whole ? values[i]! : values[i + 1]!;
    return between(values[i]!, next, rank - whole);
  }
}
