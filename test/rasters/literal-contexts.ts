/** The contexts of a code-block's coefficients as ISO/IEC 15444-1 tabulates them: tables D.1 to D.4, row by row. */
import { Orientation } from '../../rasters/jpeg2000/geometry.js';

/** How many of a coefficient's neighbours are significant: beside it, above and below it, at its corners. */
export interface NeighbourSums {
  readonly h: number;
  readonly v: number;
  readonly d: number;
}

export const RUN_LENGTH_CONTEXT = 17;
export const UNIFORM_CONTEXT = 18;

type Condition = (sum: number) => boolean;
const any: Condition = () => true;
const is =
  (value: number): Condition =>
  (sum) =>
    sum === value;
const atLeast =
  (value: number): Condition =>
  (sum) =>
    sum >= value;

/** Table D.1, columns of LL and LH: sums of H, V and D, and the label. HL has those of H and V exchanged. */
const LL_AND_LH: readonly [Condition, Condition, Condition, number][] = [
  [is(2), any, any, 8],
  [is(1), atLeast(1), any, 7],
  [is(1), is(0), atLeast(1), 6],
  [is(1), is(0), is(0), 5],
  [is(0), is(2), any, 4],
  [is(0), is(1), any, 3],
  [is(0), is(0), atLeast(2), 2],
  [is(0), is(0), is(1), 1],
  [is(0), is(0), is(0), 0],
];

/** Table D.1, columns of HH: sums of H + V and of D, and the label. */
const HH: readonly [Condition, Condition, number][] = [
  [any, atLeast(3), 8],
  [atLeast(1), is(2), 7],
  [is(0), is(2), 6],
  [atLeast(2), is(1), 5],
  [is(1), is(1), 4],
  [is(0), is(1), 3],
  [atLeast(2), is(0), 2],
  [is(1), is(0), 1],
  [is(0), is(0), 0],
];

/** Table D.1: the label for coding whether a coefficient becomes significant. */
export function zeroCodingContext(orientation: number, { h, v, d }: NeighbourSums): number {
  if (orientation === Orientation.HH) return HH.find(([hv, diagonal]) => hv(h + v) && diagonal(d))![2];
  const [first, second] = orientation === Orientation.HL ? [v, h] : [h, v];
  return LL_AND_LH.find(([a, b, diagonal]) => a(first) && b(second) && diagonal(d))![3];
}

/** Table D.3: contributions of the horizontal and of the vertical neighbours, the label, the XORbit. */
const SIGN_CODING = [
  [1, 1, 13, 0],
  [1, 0, 12, 0],
  [1, -1, 11, 0],
  [0, 1, 10, 0],
  [0, 0, 9, 0],
  [0, -1, 10, 1],
  [-1, 1, 11, 1],
  [-1, 0, 12, 1],
  [-1, -1, 13, 1],
] as const;

/**
 * Tables D.2 and D.3. A neighbour counts 1 where it is significant and positive, -1 where it is significant and negative,
 * else 0; arguments are the sums of the two horizontal and of the two vertical ones.
 */
export function signCodingContext(
  h: number,
  v: number,
): { readonly context: number; readonly xorBit: number } {
  const [, , context, xorBit] = SIGN_CODING.find(
    ([horizontal, vertical]) => horizontal === Math.sign(h) && vertical === Math.sign(v),
  )!;
  return { context, xorBit };
}

/** Table D.4: the label for a bit of a coefficient that is significant. */
export function refinementContext(isFirst: boolean, { h, v, d }: NeighbourSums): number {
  if (!isFirst) return 16;
  return h + v + d >= 1 ? 15 : 14;
}
