/**
 * Statistics of 16-bit pixels: a parcel's are gathered in the kernel's memory and measured there; of very many, each value
 * is counted.
 */
import { statisticsOfBins } from './byte-statistics.js';
import { threadKernel } from './kernel.js';
import { countValues, gatherWords, leaveOut } from './word-pixels.js';
import type { ZonalStatistics } from './zonal-statistics.js';

export class WordStatistics implements ZonalStatistics<Uint16Array> {
  private readonly kernel = threadKernel();
  readonly strip = this.kernel.strip;
  /** The kernel leaves out one value itself; where there are more, their pixels become 0 before. */
  private readonly first: number;
  private readonly others: readonly number[];

  /** @param excluded words left out besides 0. */
  constructor(private readonly excluded: readonly number[]) {
    [this.first = 0, ...this.others] = excluded;
  }

  compute(
    pixels: Uint16Array,
    start: Int32Array,
    length: Uint16Array | Int32Array,
    from: number,
    to: number,
    out: Float64Array,
    at: number,
  ): number {
    const { kernel } = this;
    const total = gatherWords(kernel, pixels, start, length, from, to);
    if (total < 0) {
      const bins = countValues(pixels, start, length, from, to);
      for (const value of this.excluded) bins[value] = 0;
      return statisticsOfBins(bins, out, at);
    }
    for (const value of this.others) leaveOut(kernel.pixels, total, value);
    kernel.measure(total, this.first);
    const { statistics } = kernel;
    const count = statistics[0]!;
    out[at] = count;
    if (count > 0) for (let which = 1; which < 8; which++) out[at + which] = statistics[which]!;
    return count;
  }
}
