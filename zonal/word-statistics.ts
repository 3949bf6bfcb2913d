/**
 * Statistics of 16-bit pixels. The valid pixels are gathered, then counted by their distance from the smallest one, one
 * by one and in bins of 16, so that a percentile is found by a short walk and nothing is ever sorted.
 */
import { between } from './percentile.js';
import type { ZonalStatistics } from './statistics.js';

/** A coarse bin counts 2^4 neighbouring values. */
const COARSE_SHIFT = 4;
/** Clearing the counts value by value pays when the values are so few for their range. */
const SPARSE = 8;

export class WordStatistics implements ZonalStatistics<Uint16Array> {
  private values = new Uint16Array(1 << 14);
  private count = 0;
  private sum = 0;
  private min = 0;
  private max = 0;
  private readonly fine = new Uint32Array(1 << 16);
  private readonly coarse = new Uint32Array(1 << (16 - COARSE_SHIFT));
  /** Where `seek` stopped: a coarse bin, and how many pixels lie in those below it. */
  private bin = 0;
  private below = 0;

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
    const { count, sum, min, max } = this;
    out[at] = count;
    if (count === 0) return 0;
    const squares = this.tally();
    // Both sums are of whole numbers and taken from the minimum, so their difference loses next to nothing.
    const shifted = sum - count * min;
    const variance = (squares - shifted * (shifted / count)) / count;
    out[at + 1] = sum / count;
    out[at + 2] = variance > 0 ? Math.sqrt(variance) : 0;
    out[at + 3] = min;
    out[at + 4] = max;
    out[at + 5] = this.percentile(1);
    out[at + 6] = this.percentile(2);
    out[at + 7] = this.percentile(3);
    this.clear();
    return count;
  }

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
      // A span has at most 2^31 / 2^16 pixels more often than not; a double takes over beyond.
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

  /** Counts the gathered values by their distance from the minimum; returns the sum of its squares. */
  private tally(): number {
    const { values, count, min, fine, coarse } = this;
    let squares = 0;
    for (let i = 0; i < count; i++) {
      const distance = values[i]! - min;
      fine[distance]!++;
      coarse[distance >> COARSE_SHIFT]!++;
      squares += distance * distance;
    }
    this.bin = this.below = 0;
    return squares;
  }

  private percentile(quarter: number): number {
    const rank = ((this.count - 1) * quarter) / 4;
    const whole = Math.floor(rank);
    const value = this.seek(whole);
    return this.min + (rank === whole ? value : between(value, this.seek(whole + 1), rank - whole));
  }

  /** Distance from the minimum of the value with this rank, counted from 0. */
  private seek(rank: number): number {
    const { fine, coarse } = this;
    let { bin, below } = this;
    if (rank < below) bin = below = 0;
    for (let n = coarse[bin]!; below + n <= rank; n = coarse[++bin]!) below += n;
    this.bin = bin;
    this.below = below;
    let distance = bin << COARSE_SHIFT;
    for (let reached = below + fine[distance]!; reached <= rank; reached += fine[distance]!) distance++;
    return distance;
  }

  private clear(): void {
    const { values, count, min, fine } = this;
    const range = this.max - min;
    if (range <= SPARSE * count) fine.fill(0, 0, range + 1);
    else for (let i = 0; i < count; i++) fine[values[i]! - min] = 0;
    this.coarse.fill(0, 0, (range >> COARSE_SHIFT) + 1);
  }
}
