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
    const runCount = this.takeShares(parcel);
    if (total < 0 || runCount < 0)
      return this.large.compute(pixels, start, length, from, to, out, at, parcel);
    for (const value of this.others) leaveOut(kernel.pixels, total, value);
    kernel.measureWeighed(total, runCount, this.first, isExtended);
    const { statistics } = kernel;
    const count = statistics[0]!;
    out[at] = count;
    if (count === 0) return 0;
    const last = isExtended ? 12 : 7;
    for (let which = 1; which <= last; which++) out[at + which] = statistics[which]!;
    if (isExtended) out[at + 13] = count / statistics[13]!;
    return count;
  }

  /** Copies a parcel's runs and shares to the kernel. @returns how many runs there are; -1 where they have no room. */
  private takeShares(parcel: number): number {
    if (this.shares === undefined) return 0;
    const { runOffsets, runs, shareOffsets, fractions, exponents } = this.shares;
    // Local names keep look-ups out of the loops.
    const { runs: toRuns, fractions: toFractions, exponents: toExponents } = this.kernel.shareBlock;
    const firstRun = runOffsets[parcel]!;
    const runCount = runOffsets[parcel + 1]! - firstRun;
    const firstShare = shareOffsets[parcel]!;
    const shareCount = shareOffsets[parcel + 1]! - firstShare;
    if (runCount > toRuns.length || shareCount > toFractions.length) return -1;
    // Loops are faster for so few than views.
    for (let i = 0; i < runCount; i++) toRuns[i] = runs[firstRun + i]!;
    for (let i = 0; i < shareCount; i++) {
      toFractions[i] = fractions[firstShare + i]!;
      toExponents[i] = exponents[firstShare + i]!;
    }
    return runCount;
  }
}
