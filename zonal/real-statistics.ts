/**
 * Statistics of pixels with a wide or no fixed set of values: floats, and integers beyond 16 bits or with a sign. All
 * arithmetic is in double precision, whatever the pixels are, and done in the kernel where its memory has room for a parcel.
 */
import { KERNEL_REALS, threadKernel } from './kernel.js';
import { ManyReals } from './many-reals.js';
import type { PixelArray } from './pixels.js';
import type { ZonalStatistics } from './zonal-statistics.js';

/** @internal */
export class RealStatistics implements ZonalStatistics {
  private readonly kernel = threadKernel();
  private readonly many = new ManyReals();
  /** For more numbers than the kernel has room for. */
  private large = new Float64Array(0);
  private isLarge = false;
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
    const count = this.gather(pixels, start, length, from, to, this.room(total));
    return this.measure(count, out, at);
  }

  /** Room for `length` numbers that are no pixels; all of the thread share it, so the next call of any may write there. */
  room(length: number): Float64Array {
    this.isLarge = length > KERNEL_REALS;
    if (!this.isLarge) return this.kernel.reals;
    if (length > this.large.length) this.large = new Float64Array(2 * length);
    return this.large;
  }

  /**
   * Measures the first `length` numbers in the room, which may be moved: NaN is left out, 0 is not.
   * @returns how many are left.
   */
  measure(length: number, out: Float64Array, at: number): number {
    if (this.isLarge) return this.many.measure(this.large, length, out, at);
    const { kernel } = this;
    kernel.measureReals(length);
    const { statistics } = kernel;
    const count = statistics[0]!;
    out[at] = count;
    if (count > 0) for (let which = 1; which < 8; which++) out[at + which] = statistics[which]!;
    return count;
  }

  private gather(
    pixels: PixelArray,
    start: Int32Array,
    length: Uint16Array | Int32Array,
    from: number,
    to: number,
    values: Float64Array,
  ): number {
    const { first, others } = this;
    const isOne = others.length === 0;
    let count = 0;
    for (let k = from; k < to; k++) {
      let i = start[k]!;
      const end = i + length[k]!;
      for (; i < end; i++) {
        const value = pixels[i]!;
        // Only NaN differs from itself.
        if (value !== 0 && value === value && value !== first && (isOne || !others.includes(value)))
          values[count++] = value;
      }
    }
    return count;
  }
}
