/**
 * Bounding boxes as PostGIS compares them. Its `&&` works on single-precision boxes rounded outwards (`BOX2DF`), so two
 * boxes a few centimetres apart may meet; a box kept here must be rounded the same way to give the same answer.
 */

export interface Box {
  readonly minX: number;
  readonly minY: number;
  readonly maxX: number;
  readonly maxY: number;
}

/** The smallest single-precision box around a box. */
export function roundOutwards({ minX, minY, maxX, maxY }: Box): Box {
  return { minX: floatBelow(minX), minY: floatBelow(minY), maxX: floatAbove(maxX), maxY: floatAbove(maxY) };
}

const float = new Float32Array(1);
const bits = new Int32Array(float.buffer);

/** The largest single-precision number that is not above `value`. */
export function floatBelow(value: number): number {
  float[0] = value;
  if (float[0] > value) step(-1);
  return float[0];
}

/** The smallest single-precision number that is not below `value`. */
export function floatAbove(value: number): number {
  float[0] = value;
  if (float[0] < value) step(1);
  return float[0];
}

/** To the neighbour above (1) or below (-1): bit patterns of one sign are in the order of their magnitudes. */
function step(direction: 1 | -1): void {
  const pattern = bits[0]!;
  if ((pattern & 0x7fffffff) === 0) bits[0] = direction > 0 ? 1 : 0x80000001 | 0;
  else bits[0] = pattern > 0 === direction > 0 ? pattern + 1 : pattern - 1;
}
