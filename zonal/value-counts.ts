/**
 * Finds 16-bit values by rank without sorting: it counts how often each distance from the smallest value occurs, in
 * coarse bins and within them, and a short walk over the coarse bins leads to the one that holds the rank.
 *
 * A narrow range is counted in one go, in bins of 16 and value by value. A wide one would touch more memory than there
 * are pixels, so it takes a second go that looks only into the few bins that hold a quartile (a radix selection).
 */
import { quartileRank } from './percentile.js';

const NARROW_RANGE = 1 << 12;
const NARROW_SHIFT = 4;
const BINS_LOG2 = 8;
/** Clearing the counts value by value pays when the values are so few for their range. */
const SPARSE = 8;

export class ValueCounts {
  private values: Uint16Array = new Uint16Array(0);
  private count = 0;
  private min = 0;
  private range = 0;
  /** A coarse bin holds the distances that agree in all but the last `shift` bits. */
  private shift = NARROW_SHIFT;
  private readonly coarse = new Uint32Array(1 << BINS_LOG2);
  private readonly fine = new Uint32Array(NARROW_RANGE);
  /** For a wide range: the counts of a bin's values begin at `fine[place << shift]`; place 0 takes those nobody asks for. */
  private readonly places = new Uint8Array(1 << BINS_LOG2);
  private placed = 0;
  /** Where the last walk stopped: a coarse bin, and how many values lie in those below it. */
  private bin = 0;
  private below = 0;

  /**
   * Counts the first `count` of `values`, of which `min` is the smallest and `max` the largest; they must stay as they
   * are until `clear`.
   * @returns the sum of the squared distances from `min`.
   */
  add(values: Uint16Array, count: number, min: number, max: number): number {
    this.values = values;
    this.count = count;
    this.min = min;
    this.range = max - min;
    this.bin = this.below = 0;
    return this.range < NARROW_RANGE ? this.countNarrow() : this.countWide();
  }

  /** The value with this rank, 0 being the smallest; only the quartiles' ranks and the next ones may be asked for. */
  at(rank: number): number {
    const { fine, shift } = this;
    const bin = this.walk(rank);
    const first = (this.range < NARROW_RANGE ? bin : this.places[bin]!) << shift;
    let place = first;
    for (let reached = this.below + fine[place]!; reached <= rank; reached += fine[place]!) place++;
    return this.min + (bin << shift) + place - first;
  }

  /** Makes ready for the next values. */
  clear(): void {
    const { values, count, min, fine, range } = this;
    this.coarse.fill(0, 0, (range >> this.shift) + 1);
    if (range >= NARROW_RANGE) fine.fill(0, 0, (this.placed + 1) << this.shift);
    else if (range <= SPARSE * count) fine.fill(0, 0, range + 1);
    else for (let i = 0; i < count; i++) fine[values[i]! - min] = 0;
  }

  private countNarrow(): number {
    const { values, count, min, fine, coarse } = this;
    this.shift = NARROW_SHIFT;
    let squares = 0;
    for (let i = 0; i < count; i++) {
      const distance = values[i]! - min;
      fine[distance]!++;
      coarse[distance >> NARROW_SHIFT]!++;
      squares += distance * distance;
    }
    return squares;
  }

  private countWide(): number {
    const { values, count, min, fine, coarse, places } = this;
    const shift = 32 - Math.clz32(this.range) - BINS_LOG2;
    this.shift = shift;
    let squares = 0;
    for (let i = 0; i < count; i++) {
      const distance = values[i]! - min;
      coarse[distance >> shift]!++;
      squares += distance * distance;
    }
    this.placeQuartiles();
    const low = (1 << shift) - 1;
    for (let i = 0; i < count; i++) {
      const distance = values[i]! - min;
      fine[(places[distance >> shift]! << shift) | (distance & low)]!++;
    }
    return squares;
  }

  /** Gives places to the bins that hold the quartiles and their next neighbours: 6 at most. */
  private placeQuartiles(): void {
    this.places.fill(0);
    this.placed = 0;
    for (let quarter = 1; quarter < 4; quarter++) {
      const rank = Math.floor(quartileRank(this.count, quarter));
      for (let next = rank; next <= rank + 1 && next < this.count; next++) {
        const bin = this.walk(next);
        if (this.places[bin] === 0) this.places[bin] = ++this.placed;
      }
    }
  }

  /** The coarse bin that holds this rank. */
  private walk(rank: number): number {
    const { coarse } = this;
    let { bin, below } = this;
    if (rank < below) bin = below = 0;
    for (let n = coarse[bin]!; below + n <= rank; n = coarse[++bin]!) below += n;
    this.bin = bin;
    this.below = below;
    return bin;
  }
}
