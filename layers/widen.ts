/**
 * Widens what a mask leaves out, by the Euclidean distance between pixel centres, exactly, in two walks over the rows.
 *
 * In a column, the nearest pixel left out decides: the further it is up or down, the fewer pixels it reaches to the left and
 * right in the row at hand. So a row's answer is the union of one interval a column, whatever the distance.
 */

/** The side of a pixel in metres. */
export interface PixelSize {
  readonly x: number;
  readonly y: number;
}

/** Distances up and down are kept in bytes; 254 rows of 20 m are 5 km. */
const FARTHEST_ROW = 254;
const NONE = 255;

/**
 * @param pixels `width` x `height` numbers, row by row
 * @param keeps 1 for the numbers that count, as in a mask
 * @param metres pixels whose centre lies so far from that of one left out, or nearer, are left out too
 * @param out gets 1 for the pixels that still count, 0 for the others; it may be memory that threads share
 * @throws RangeError for distances of more than 254 rows.
 */
export function widenMask(
  pixels: Uint8Array | Uint16Array,
  width: number,
  height: number,
  keeps: Uint8Array,
  size: PixelSize,
  metres: number,
  out: Uint8Array = new Uint8Array(width * height),
): Uint8Array {
  const reach = reaches(size, metres);
  distancesAbove(pixels, width, height, keeps, reach.length - 1, out);
  narrowFromBelow(width, height, reach, out);
  return out;
}

/** How many pixels to the left and right one reaches that lies 0, 1, 2 … rows away. */
export function reaches({ x, y }: PixelSize, metres: number): Int32Array {
  if (!(metres >= 0)) throw new RangeError(`a mask can't be widened by ${metres} m`);
  const rows = Math.floor(metres / y);
  if (rows > FARTHEST_ROW)
    throw new RangeError(
      `a mask of pixels of ${y} m can be widened by ${FARTHEST_ROW * y} m at most, not ${metres}`,
    );
  const reach: number[] = [];
  for (let row = 0; row <= Math.min(rows + 1, FARTHEST_ROW); row++) {
    const rest = metres * metres - row * y * (row * y);
    if (rest < 0) break;
    let columns = Math.floor(Math.sqrt(rest) / x);
    // The root is rounded; what counts is the distance itself.
    if ((columns + 1) * x * ((columns + 1) * x) <= rest) columns++;
    else if (columns > 0 && columns * x * (columns * x) > rest) columns--;
    reach.push(columns);
  }
  return Int32Array.from(reach);
}

/** Writes how many rows up the nearest pixel left out lies in its column, NONE where it is further away than `farthest`. */
function distancesAbove(
  pixels: Uint8Array | Uint16Array,
  width: number,
  height: number,
  keeps: Uint8Array,
  farthest: number,
  out: Uint8Array,
): void {
  for (let row = 0, at = 0; row < height; row++) {
    for (const end = at + width; at < end; at++) {
      const above = row > 0 ? out[at - width]! : NONE;
      if (keeps[pixels[at]!] === 0) out[at] = 0;
      else out[at] = above < farthest ? above + 1 : NONE;
    }
  }
}

/** Walks from the last row up, making of each row of distances above, and what lies below, the row of the answer. */
function narrowFromBelow(width: number, height: number, reach: Int32Array, out: Uint8Array): void {
  const farthest = reach.length - 1;
  const below = new Uint8Array(width).fill(NONE);
  /** How many intervals begin, less those that have ended, at a column. */
  const changes = new Int32Array(width + 1);
  for (let row = height - 1; row >= 0; row--) {
    const first = row * width;
    let isClear = true;
    for (let column = 0; column < width; column++) {
      const above = out[first + column]!;
      const under = below[column]!;
      const nearest = above === 0 ? 0 : Math.min(above, under < farthest ? under + 1 : NONE);
      below[column] = above === 0 ? 0 : under < farthest ? under + 1 : NONE;
      if (nearest === NONE) continue;
      isClear = false;
      const half = reach[nearest]!;
      changes[Math.max(0, column - half)]!++;
      changes[Math.min(width, column + half + 1)]!--;
    }
    if (isClear) {
      out.fill(1, first, first + width);
      continue;
    }
    let open = 0;
    for (let column = 0; column < width; column++) {
      open += changes[column]!;
      out[first + column] = open > 0 ? 0 : 1;
    }
    changes.fill(0);
  }
}
