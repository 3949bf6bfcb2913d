/** How much of each of a parcel's pixels is covered, beside its spans. */
import { Growable, type NumericArray } from './growable.js';

/**
 * Parcel `i` has the runs `runOffsets[i]` to before `runOffsets[i + 1]`, which tell of its pixels, in the order of its
 * spans, how many in turn are covered wholly and how many in part; the first run is of wholly covered ones, and may be of
 * none. The shares of those in part have the places `shareOffsets[i]` to before `shareOffsets[i + 1]` of `fractions` and
 * `exponents`: see `shareAt`. A share is more than 0, and no more than 1 but where polygons of one parcel overlap: there they
 * add up.
 */
export interface PixelShares {
  readonly runOffsets: Uint32Array;
  readonly runs: Uint16Array;
  readonly shareOffsets: Uint32Array;
  readonly fractions: Uint32Array;
  readonly exponents: Uint8Array;
}

const POWERS = Float64Array.from({ length: 256 }, (_, exponent) => 2 ** (exponent - 200));

/** A share: doubles lose their last 20 bits, of 52, in a coverage, which leaves ten digits. */
export function shareAt({ fractions, exponents }: PixelShares, place: number): number {
  return (1 + fractions[place]! / 2 ** 32) * POWERS[exponents[place]!]!;
}

/** Shares as they are written, parcel by parcel. */
export class ShareList {
  private readonly runOffsets = new Growable((length) => new Uint32Array(length));
  private readonly runs = new Growable((length) => new Uint16Array(length));
  private readonly shareOffsets = new Growable((length) => new Uint32Array(length));
  private readonly fractions = new Growable((length) => new Uint32Array(length));
  private readonly exponents = new Growable((length) => new Uint8Array(length));

  constructor() {
    this.clear();
  }

  /** Forgets all parcels, but not the memory. */
  clear(): void {
    this.runs.length = this.fractions.length = this.exponents.length = 0;
    this.runOffsets.length = this.shareOffsets.length = 0;
    this.endParcel();
  }

  /** How many runs and shares there are of all parcels. */
  get counts(): readonly [runs: number, shares: number] {
    return [this.runs.length, this.fractions.length];
  }

  /** Appends runs and shares of the parcel in work. */
  append(runs: Uint16Array, fractions: Uint32Array, exponents: Uint8Array): void {
    appendTo(this.runs, runs);
    appendTo(this.fractions, fractions);
    appendTo(this.exponents, exponents);
  }

  /** The next parcel begins; the one in work has these many runs and shares, with those of the parcels before. */
  endParcel(runs = this.runs.length, shares = this.fractions.length): void {
    this.runOffsets.push(runs);
    this.shareOffsets.push(shares);
  }

  /** What was written, as views of this list's memory. */
  view(): PixelShares {
    return {
      runOffsets: this.runOffsets.view(),
      runs: this.runs.view(),
      shareOffsets: this.shareOffsets.view(),
      fractions: this.fractions.view(),
      exponents: this.exponents.view(),
    };
  }
}

/** Copies the shares of `count` parcels to the place of parcel `first` and those behind it. */
export function copyShares(to: PixelShares, first: number, from: PixelShares, count: number): void {
  const run = to.runOffsets[first]!;
  const share = to.shareOffsets[first]!;
  to.runs.set(from.runs, run);
  to.fractions.set(from.fractions, share);
  to.exponents.set(from.exponents, share);
  for (let i = 1; i <= count; i++) {
    to.runOffsets[first + i] = run + from.runOffsets[i]!;
    to.shareOffsets[first + i] = share + from.shareOffsets[i]!;
  }
}

function appendTo<T extends NumericArray>(list: Growable<T>, numbers: T): void {
  list.reserve(numbers.length).set(numbers, list.length);
  list.length += numbers.length;
}
