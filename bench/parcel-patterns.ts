/** Parcels of the benchmark's tile as they lie in other places: few of them, in patches, and those that clouds leave. */
import { noise } from '../demo/season/noise.js';
import { random } from '../demo/season/random.js';

export interface Field {
  readonly pid: number;
  readonly wkb: Uint8Array;
}

const SEED = 15;
/** Metres of the largest patches; each octave halves them. */
const FARMLAND = { size: 8_000, octaves: 5 };
const CLOUDS = { size: 20_000, octaves: 6 };
/** Metres between places at which the share of cloud is taken. */
const LOOK = 500;

/** So many of them, anywhere. */
export function scattered(fields: readonly Field[], count: number): Field[] {
  const draw = random(SEED, 'scattered', count);
  let left = count;
  return fields.filter((_, i) => {
    const isChosen = draw() < left / (fields.length - i);
    if (isChosen) left -= 1;
    return isChosen;
  });
}

/** So many of them, side by side in patches of all sizes up to some kilometres, with nothing between. */
export function clustered(fields: readonly Field[], count: number): Field[] {
  const isFarmland = noise(SEED, 'farmland', FARMLAND.size, FARMLAND.octaves);
  const values = fields.map(({ wkb }) => isFarmland(...cornersOf(wkb)[0]!));
  const least = Float64Array.from(values).sort()[fields.length - count]!;
  return fields.filter((_, i) => values[i]! >= least);
}

/** Those with a corner that is not under clouds, which cover `share` of the tile in patches of all sizes. */
export function clear(fields: readonly Field[], share: number): Field[] {
  const cloud = noise(SEED, 'cloud', CLOUDS.size, CLOUDS.octaves);
  const all = fields.map(({ wkb }) => cornersOf(wkb));
  const limit = quantile(cloud, all, share);
  return fields.filter((_, i) => all[i]!.some(([x, y]) => cloud(x, y) >= limit));
}

type Place = readonly [x: number, y: number];

/** The value that `share` of the ground under the parcels lies below. */
function quantile(
  field: (x: number, y: number) => number,
  corners: readonly Place[][],
  share: number,
): number {
  const [xs, ys] = [0, 1].map((axis) => corners.map(([first]) => first![axis as 0 | 1]));
  const [left, right, lower, upper] = [least(xs!), -least(xs!, -1), least(ys!), -least(ys!, -1)];
  const values: number[] = [];
  for (let y = lower; y < upper; y += LOOK) for (let x = left; x < right; x += LOOK) values.push(field(x, y));
  return values.sort((a, b) => a - b)[Math.floor(share * values.length)]!;
}

function least(values: readonly number[], sign = 1): number {
  return values.reduce((found, value) => Math.min(found, sign * value), Infinity);
}

/** The outer ring of a polygon as little-endian WKB. */
function cornersOf(wkb: Uint8Array): Place[] {
  const view = new DataView(wkb.buffer, wkb.byteOffset, wkb.byteLength);
  return Array.from({ length: view.getUint32(9, true) }, (_, i) => [
    view.getFloat64(13 + 16 * i, true),
    view.getFloat64(21 + 16 * i, true),
  ]);
}
