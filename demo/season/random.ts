/**
 * Random numbers that depend on a seed and a name only, so that a scene can be painted without painting those before it.
 */

/** A stream of numbers in [0, 1), the same for the same seed and names. */
export type Random = () => number;

/** Mixes integers and texts to 32 bits (FNV-1a over the names, then the finaliser of MurmurHash3). */
export function hash(seed: number, ...names: readonly (string | number)[]): number {
  let h = (0x811c9dc5 ^ seed) >>> 0;
  for (const name of names) {
    const text = `${name}/`;
    for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  }
  return finish(h);
}

/** A stream of its own for one purpose, as in `random(seed, 'clouds', '2024-06-23')`. The generator is mulberry32. */
export function random(seed: number, ...names: readonly (string | number)[]): Random {
  let state = hash(seed, ...names);
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A number of [`low`, `high`). */
export function between(next: Random, low: number, high: number): number {
  return low + (high - low) * next();
}

/** A whole number of [0, `count`). */
export function below(next: Random, count: number): number {
  return Math.floor(next() * count);
}

/** One of the choices, each as likely. */
export function oneOf<T>(choices: readonly T[], next: Random): T {
  return choices[below(next, choices.length)]!;
}

/** About normal, mean 0 and standard deviation 1: the sum of four uniform numbers (never beyond 3.5). */
export function bell(next: Random): number {
  return (next() + next() + next() + next() - 2) * Math.sqrt(3);
}

function finish(h: number): number {
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
