/** Smooth random fields over the ground: clouds, soils and lake shores. A field has a value everywhere, so every grid can sample it. */
import { hash } from './random.js';

/** A field's value at a place, metres; about 0 to 1, mean 0.5. */
export type Field = (x: number, y: number) => number;

/**
 * Value noise: random values on a square lattice of `size` metres, smoothly interpolated, and `octaves` finer lattices
 * of half the size and half the weight added to it.
 */
export function noise(seed: number, name: string, size: number, octaves: number): Field {
  const lattices = Array.from({ length: octaves }, (_, i) => lattice(hash(seed, name, i), size / 2 ** i));
  const whole = 2 - 2 ** (1 - octaves);
  return (x, y) => {
    let sum = 0;
    let weight = 1;
    for (const value of lattices) {
      sum += weight * value(x, y);
      weight /= 2;
    }
    return sum / whole;
  };
}

function lattice(seed: number, size: number): Field {
  return (x, y) => {
    const u = x / size;
    const v = y / size;
    const i = Math.floor(u);
    const j = Math.floor(v);
    const a = ease(u - i);
    const b = ease(v - j);
    const above = corner(seed, i, j) * (1 - a) + corner(seed, i + 1, j) * a;
    const below = corner(seed, i, j + 1) * (1 - a) + corner(seed, i + 1, j + 1) * a;
    return above * (1 - b) + below * b;
  };
}

function corner(seed: number, i: number, j: number): number {
  let h = seed ^ Math.imul(i, 0x27d4eb2d) ^ Math.imul(j, 0x165667b1);
  h = Math.imul(h ^ (h >>> 15), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return ((h ^ (h >>> 16)) >>> 0) / 2 ** 32;
}

/** 0 to 1 with a flat start and end. */
function ease(t: number): number {
  return t * t * (3 - 2 * t);
}

/** 0 below `from`, 1 above `to`, smooth between. */
export function ramp(value: number, from: number, to: number): number {
  const t = (value - from) / (to - from);
  return t <= 0 ? 0 : t >= 1 ? 1 : ease(t);
}
