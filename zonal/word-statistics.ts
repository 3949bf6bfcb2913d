/** Statistics of 16-bit pixels: the valid ones are gathered, then counted by value. */
import { between, quartileRank } from './percentile.js';
import type { ZonalStatistics } from './statistics.js';
import { ValueCounts } from './value-counts.js';

export class WordStatistics implements ZonalStatistics<Uint16Array> {
  private values = new Uint16Array(1 << 14);
  private count = 0;
  private sum = 0;
  private min = 0;
  private max = 0;
  private readonly counts = new ValueCounts();

  compute(
    pixels: Uint16Array,
    start: Int32Array,
    length: Uint16Array | Int32Array,
    from: number,
    to: number,
    noData: number | undefined,
    out: Float64Array,
    at: number,
  ): number {
    let total = 0;
    for (let k = from; k < to; k++) total += length[k]!;
    if (total > this.values.length) this.values = new Uint16Array(2 * total);
    this.gather(pixels, start, length, from, to, noData ?? 0);
    const { count, sum, min, max, counts } = this;
    out[at] = count;
    if (count === 0) return 0;
    const squares = counts.add(this.values, count, min, max);
    // Sums of whole numbers, taken from the minimum: their difference loses next to nothing.
    const shifted = sum - count * min;
    const variance = (squares - shifted * (shifted / count)) / count;
    out[at + 1] = sum / count;
    out[at + 2] = variance > 0 ? Math.sqrt(variance) : 0;
    out[at + 3] = min;
    out[at + 4] = max;
    for (let quarter = 1; quarter < 4; quarter++) {
      const rank = quartileRank(count, quarter);
      const whole = Math.floor(rank);
      const value = counts.at(whole);
      out[at + 4 + quarter] = rank === whole ? value : between(value, counts.at(whole + 1), rank - whole);
    }
    counts.clear();
    return count;
  }

  /** Copies the valid pixels to `values`, and takes their count, sum, minimum and maximum on the way. */
  private gather(
    pixels: Uint16Array,
    start: Int32Array,
    length: Uint16Array | Int32Array,
    from: number,
    to: number,
    noData: number,
  ): void {
    const { values } = this;
    let count = 0;
    let sum = 0;
    let min = 65535;
    let max = 0;
    for (let k = from; k < to; k++) {
      let i = start[k]!;
      const end = i + length[k]!;
      // A span of Coverage (65535 pixels at most) stays in the integers; longer ones take to doubles by themselves.
      let spanSum = 0;
      for (; i < end; i++) {
        const value = pixels[i]!;
        if (value !== 0 && value !== noData) {
          values[count++] = value;
          spanSum += value;
          if (value < min) min = value;
          if (value > max) max = value;
        }
      }
      sum += spanSum;
    }
    this.count = count;
    this.sum = sum;
    this.min = min;
    this.max = max;
  }
}
