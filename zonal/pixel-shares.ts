/** How much of each of a parcel's pixels is covered, beside its spans. */
import { Growable, type NumericArray } from './growable.js';

/**
 * Parcel `i` has the shares `offsets[i]` to before `offsets[i + 1]`: of its pixels that are covered in part, in the order of its
 * spans. All others are covered wholly; `wholeBefore` tells how many stand before each share, and what stands behind the last
 * one is covered wholly too. Where more do in turn than a byte can tell, one of them has a share, of 1. A share is more than 0,
 * and no more than 1 but where polygons of one parcel overlap: there they add up.
 */
export interface PixelShares {
  readonly offsets: Uint32Array;
  /** Of each share the 32 bits of a double that follow its exponent: see `shareAt`. */
  readonly fractions: Uint32Array;
  /** In the low byte the pixels covered wholly between the share and the one before, in the high byte the share's exponent. */
  readonly steps: Uint16Array;
}

const POWERS = Float64Array.from({ length: 256 }, (_, exponent) => 2 ** (exponent - 200));

/** The most pixels that `wholeBefore` can tell. */
const MOST_WHOLE = 255;
/** The exponent of a share of 1, in its place; of the fraction there is nothing. */
const EXPONENT_OF_1 = 200 << 8;

/** A share: doubles lose their last 20 bits, of 52, in a coverage, which leaves ten digits. */
export function shareAt({ fractions, steps }: PixelShares, place: number): number {
  return (1 + fractions[place]! / 2 ** 32) * POWERS[steps[place]! >> 8]!;
}

/** How many pixels are covered wholly between the share and the one before, or the parcel's first pixel. */
export function wholeBefore({ steps }: PixelShares, place: number): number {
  return steps[place]! & MOST_WHOLE;
}

/**
 * Shares as they are written, parcel by parcel.
 * @internal
 */
export class ShareList {
  private readonly offsets = new Growable((length) => new Uint32Array(length));
  private readonly fractions = new Growable((length) => new Uint32Array(length));
  private readonly steps = new Growable((length) => new Uint16Array(length));

  constructor() {
    this.clear();
  }

  /** Forgets all parcels, but not the memory. */
  clear(): void {
    this.offsets.length = this.fractions.length = this.steps.length = 0;
    this.endParcel();
  }

  /** How many shares there are of all parcels. */
  get count(): number {
    return this.fractions.length;
  }

  /** Appends shares of the parcel in work. */
  append(fractions: Uint32Array, steps: Uint16Array): void {
    appendTo(this.fractions, fractions);
    appendTo(this.steps, steps);
  }

  /**
   * Appends the share at a place of other shares, with `whole` pixels covered wholly before it: of more than can be told, one after
   * the other gets a share of 1.
   */
  push({ fractions, steps }: PixelShares, place: number, whole: number): void {
    let left = whole;
    for (; left > MOST_WHOLE; left -= MOST_WHOLE + 1) {
      this.fractions.push(0);
      this.steps.push(EXPONENT_OF_1 | MOST_WHOLE);
    }
    this.fractions.push(fractions[place]!);
    this.steps.push((steps[place]! & ~MOST_WHOLE) | left);
  }

  /** The next parcel begins; the one in work has this many shares, with those of the parcels before. */
  endParcel(shares = this.fractions.length): void {
    this.offsets.push(shares);
  }

  /** What was written, as views of this list's memory. */
  view(): PixelShares {
    return {
      offsets: this.offsets.view(),
      fractions: this.fractions.view(),
      steps: this.steps.view(),
    };
  }
}

/** Copies the shares of `count` parcels to the place of parcel `first` and those behind it. */
export function copyShares(to: PixelShares, first: number, from: PixelShares, count: number): void {
  const share = to.offsets[first]!;
  to.fractions.set(from.fractions, share);
  to.steps.set(from.steps, share);
  for (let i = 1; i <= count; i++) to.offsets[first + i] = share + from.offsets[i]!;
}

function appendTo<T extends NumericArray>(list: Growable<T>, numbers: T): void {
  list.reserve(numbers.length).set(numbers, list.length);
  list.length += numbers.length;
}
