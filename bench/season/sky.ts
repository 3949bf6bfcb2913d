/**
 * Clouds of one pass of the satellite: smooth noise of all lengths from 1 to 512 km, cloudy where it is above a threshold. Its
 * waves grow with a power of their length, so patches are of all sizes, as those of real clouds are: their areas follow a power
 * law from 3 to 300,000 km² (DeWitt et al. 2024, doi:10.5194/acp-24-109-2024).
 */
import { bell, below, type Random } from '../../demo/season/random.js';

const LENGTHS_KM = [512, 256, 128, 64, 32, 16, 8, 4, 2, 1];
const SIDE = 128;
const MASK = SIDE - 1;

/** Random numbers of every length, which passes see from different places. */
export class Skies {
  private readonly lattices: readonly Float32Array[];

  constructor(random: Random) {
    this.lattices = LENGTHS_KM.map(() => Float32Array.from({ length: SIDE * SIDE }, () => bell(random)));
  }

  /** @param power of a wave's length, by which it grows: the larger, the fewer and larger the patches */
  pass(random: Random, power: number): Sky {
    return new Sky(this.lattices, random, power);
  }
}

export class Sky {
  private readonly shifts: readonly { x: number; y: number }[];
  private readonly heights: readonly number[];

  constructor(
    private readonly lattices: readonly Float32Array[],
    random: Random,
    power: number,
  ) {
    this.shifts = lattices.map(() => ({
      x: below(random, SIDE) + random(),
      y: below(random, SIDE) + random(),
    }));
    this.heights = LENGTHS_KM.map((length) => length ** power);
  }

  /** The larger the cloudier. x and y in km. */
  at(x: number, y: number): number {
    let sum = 0;
    for (let i = 0; i < LENGTHS_KM.length; i++) {
      const length = LENGTHS_KM[i]!;
      const [u, v] = [x / length + this.shifts[i]!.x + SIDE, y / length + this.shifts[i]!.y + SIDE];
      const [column, row] = [Math.floor(u), Math.floor(v)];
      const [a, b] = [smooth(u - column), smooth(v - row)];
      const lattice = this.lattices[i]!;
      const [upper, lower] = [(row & MASK) * SIDE, ((row + 1) & MASK) * SIDE];
      const [left, right] = [column & MASK, (column + 1) & MASK];
      const above = lattice[upper + left]! * (1 - a) + lattice[upper + right]! * a;
      const below = lattice[lower + left]! * (1 - a) + lattice[lower + right]! * a;
      sum += this.heights[i]! * (above * (1 - b) + below * b);
    }
    return sum;
  }
}

function smooth(t: number): number {
  return t * t * (3 - 2 * t);
}
