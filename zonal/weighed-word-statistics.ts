/** Statistics of 16-bit pixels that weigh their shares, and those beyond the eight: measured in the kernel where there is room. */
import { threadKernel } from './kernel.js';
import type { PixelShares } from './pixel-shares.js';
import { WeighedStatistics } from './weighed-statistics.js';
import { gatherWords, leaveOut } from './word-pixels.js';
import type { ZonalStatistics } from './zonal-statistics.js';

export class WeighedWordStatistics implements ZonalStatistics<Uint16Array> {
  private readonly kernel = threadKernel();
  readonly strip = this.kernel.strip;
  private readonly first: number;
  private readonly others: readonly number[];
  /** For what has no room in the kernel. */
  private readonly large: WeighedStatistics;

  /** @param excluded words left out besides 0. */
  constructor(
    excluded: readonly number[],
    private readonly isExtended: boolean,
    private readonly shares: PixelShares | undefined,
  ) {
    [this.first = 0, ...this.others] = excluded;
    this.large = new WeighedStatistics(excluded, isExtended, shares);
  }

  compute(
    pixels: Uint16Array,
    start: Int32Array,
    length: Uint16Array | Int32Array,
    from: number,
    to: number,
    out: Float64Array,
    at: number,
    parcel = 0,
  ): number {
    const { kernel, isExtended } = this;
    const total = gatherWords(kernel, pixels, start, length, from, to);
    const shareCount = this.takeShares(parcel);
    if (total < 0 || shareCount < 0)
      return this.large.compute(pixels, start, length, from, to, out, at, parcel);
    for (const value of this.others) leaveOut(kernel.pixels, total, value);
    kernel.measureWeighed(total, shareCount, this.shares !== undefined, this.first, isExtended);
    const { statistics } = kernel;
    const count = statistics[0]!;
    out[at] = count;
    if (count === 0) return 0;
    const last = isExtended ? 12 : 7;
    for (let which = 1; which <= last; which++) out[at + which] = statistics[which]!;
    if (isExtended) out[at + 13] = count / statistics[13]!;
    return count;
  }

  /** Copies a parcel's shares to the kernel. @returns how many there are; -1 where they have no room. */
  private takeShares(parcel: number): number {
    if (this.shares === undefined) return 0;
    const { offsets, fractions, steps } = this.shares;
    // Local names keep look-ups out of the loop.
    const { fractions: toFractions, steps: toSteps } = this.kernel.shareBlock;
    const first = offsets[parcel]!;
    const count = offsets[parcel + 1]! - first;
    if (count > toFractions.length) return -1;
    // A loop is faster for so few than views.
    for (let i = 0; i < count; i++) {
      toFractions[i] = fractions[first + i]!;
      toSteps[i] = steps[first + i]!;
    }
    return count;
  }
}
