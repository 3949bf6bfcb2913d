/** How much of each of a parcel's pixels is covered, beside its spans. */
import { Growable } from './growable.js';

/**
 * Parcel `i` has the runs `runOffsets[i]` to before `runOffsets[i + 1]`, which tell of its pixels, in the order of its
 * spans, how many in turn are covered wholly and how many in part; the first run is of wholly covered ones, and may be of
 * none. The shares of those in part, greater than 0, are `shares[shareOffsets[i]]` to before `shares[shareOffsets[i + 1]]`.
 * They are no more than 1 but where polygons of one parcel overlap: there they add up.
 */
export interface PixelShares {
  readonly runOffsets: Uint32Array;
  readonly runs: Uint16Array;
  readonly shareOffsets: Uint32Array;
  readonly shares: Float64Array;
}

/** Shares as they are written, parcel by parcel. */
export class ShareList {
  private readonly runOffsets = new Growable((length) => new Uint32Array(length));
  private readonly runs = new Growable((length) => new Uint16Array(length));
  private readonly shareOffsets = new Growable((length) => new Uint32Array(length));
  private readonly shares = new Growable((length) => new Float64Array(length), 1 << 15);

  constructor() {
    this.clear();
  }

  /** Forgets all parcels, but not the memory. */
  clear(): void {
    this.runs.length = this.shares.length = this.runOffsets.length = this.shareOffsets.length = 0;
    this.endParcel();
  }

  /** Appends runs and shares of the parcel in work. */
  append(runs: Uint16Array, shares: Float64Array): void {
    this.runs.reserve(runs.length).set(runs, this.runs.length);
    this.runs.length += runs.length;
    this.shares.reserve(shares.length).set(shares, this.shares.length);
    this.shares.length += shares.length;
  }

  /** The parcel in work has these runs and shares; the next one begins. */
  endParcel(runs = this.runs.length, shares = this.shares.length): void {
    this.runOffsets.push(runs);
    this.shareOffsets.push(shares);
  }

  /** Appends parcels: behind the runs and shares of each there are so many of them. */
  appendParcels(
    runEnds: Uint32Array,
    shareEnds: Uint32Array,
    runs: Uint16Array,
    shares: Float64Array,
  ): void {
    const runsBefore = this.runs.length;
    const sharesBefore = this.shares.length;
    for (let i = 0; i < runEnds.length; i++)
      this.endParcel(runsBefore + runEnds[i]!, sharesBefore + shareEnds[i]!);
    this.append(runs, shares);
  }

  /** What was written, as views of this list's memory. */
  view(): PixelShares {
    return {
      runOffsets: this.runOffsets.view(),
      runs: this.runs.view(),
      shareOffsets: this.shareOffsets.view(),
      shares: this.shares.view(),
    };
  }
}
