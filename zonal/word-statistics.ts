/**
 * Statistics of 16-bit pixels: a parcel's are gathered in the kernel's memory and measured there; of very many, each value
 * is counted.
 */
import { statisticsOfBins } from './byte-statistics.js';
import { KERNEL_PIXELS, threadKernel } from './kernel.js';
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
    const { kernel, strip } = this;
    const isInStrip =
      pixels === strip.pixels && start === strip.start && length === strip.length && from === 0;
    const total = isInStrip ? kernel.gather(to) : gather(pixels, start, length, from, to, kernel.pixels);
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

/** Makes the pixels of a value 0 among the first `count`. */
function leaveOut(pixels: Uint16Array, count: number, value: number): void {
  for (let i = 0; i < count; i++) if (pixels[i] === value) pixels[i] = 0;
}

/**
 * Copies the pixels under the spans to `values`, and up to three more after them.
 * @returns how many there are; -1 where they are more than KERNEL_PIXELS.
 */
function gather(
  pixels: Uint16Array,
  start: Int32Array,
  length: Uint16Array | Int32Array,
  from: number,
  to: number,
  values: Uint16Array,
): number {
  // Spans are short, so their ends cost more than their pixels: four at a time, and what is too much is overwritten by
  // the next span.
  const endOfFours = pixels.length - 3;
  let next = 0;
  for (let k = from; k < to; k++) {
    let i = start[k]!;
    const count = length[k]!;
    const end = i + count;
    let at = next;
    next += count;
    if (next > KERNEL_PIXELS) return -1;
    if (end > endOfFours) {
      values.set(pixels.subarray(i, end), at);
      continue;
    }
    for (; i < end; i += 4, at += 4) {
      values[at] = pixels[i]!;
      values[at + 1] = pixels[i + 1]!;
      values[at + 2] = pixels[i + 2]!;
      values[at + 3] = pixels[i + 3]!;
    }
  }
  return next;
}

/** How often each value occurs under the spans. */
function countValues(
  pixels: Uint16Array,
  start: Int32Array,
  length: Uint16Array | Int32Array,
  from: number,
  to: number,
): Uint32Array {
  const bins = new Uint32Array(1 << 16);
  for (let k = from; k < to; k++) {
    let i = start[k]!;
    const end = i + length[k]!;
    for (; i < end; i++) bins[pixels[i]!]!++;
  }
  return bins;
}
