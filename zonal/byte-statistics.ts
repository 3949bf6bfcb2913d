/** Statistics of 8-bit pixels: all of them follow from the histogram. */
import { Histogram } from './histogram.js';
import { between, quartileRank } from './percentile.js';
import type { ZonalStatistics } from './zonal-statistics.js';

export class ByteStatistics implements ZonalStatistics<Uint8Array> {
  private readonly histogram = new Histogram();

  /** @param excluded values left out besides 0. */
  constructor(private readonly excluded: readonly number[]) {}

  compute(
    pixels: Uint8Array,
    start: Int32Array,
    length: Uint16Array | Int32Array,
    from: number,
    to: number,
    out: Float64Array,
    at: number,
  ): number {
    this.histogram.count(pixels, start, length, from, to);
    this.histogram.leaveOut(this.excluded);
    const { bins, end } = this.histogram;
    return statisticsOfBins(bins, out, at, end);
  }
}

/**
 * Writes the statistics of the pixels counted in `bins`, a bin a value, to `out[at]` and following, leaving out bin 0: for
 * class maps, whose histogram is wanted anyway, and for very many pixels.
 * @param end the bins from there on are empty.
 * @returns the count of valid pixels.
 */
export function statisticsOfBins(
  bins: Uint32Array,
  out: Float64Array,
  at: number,
  end = bins.length,
): number {
  let count = 0;
  let sum = 0;
  let min = 0;
  let max = 0;
  for (let value = 1; value < end; value++) {
    const n = bins[value]!;
    if (n === 0) continue;
    if (count === 0) min = value;
    max = value;
    count += n;
    sum += n * value;
  }
  out[at] = count;
  if (count === 0) return 0;
  const mean = sum / count;
  let squares = 0;
  let quarter = 1;
  let previous = min;
  let filled = 0;
  for (let value = min; value <= max; value++) {
    const n = bins[value]!;
    if (n === 0) continue;
    squares += n * (value - mean) * (value - mean);
    const below = filled;
    filled += n;
    // The lower neighbour of a quartile may be the last pixel of the bin before.
    for (; quarter < 4; quarter++) {
      const rank = quartileRank(count, quarter);
      if (rank > filled - 1) break;
      out[at + 4 + quarter] = rank >= below ? value : between(previous, value, rank - Math.floor(rank));
    }
    previous = value;
  }
  out[at + 1] = mean;
  out[at + 2] = Math.sqrt(squares / count);
  out[at + 3] = min;
  out[at + 4] = max;
  return count;
}
