/**
 * Widens what a mask leaves out, by the Euclidean distance between pixel centres, exactly, in a walk over the rows from the
 * first to the last and one back.
 *
 * In a column, the nearest pixel left out on the way decides: the longer ago it was, the fewer pixels it reaches to the left
 * and right in the row at hand. So a row's answer is the union of an interval a column and walk, whatever the distance.
 */
import type { PixelSize, PixelSizes } from './pixel-size.js';

/** More rows and columns than any grid has. */
const FAR = 1 << 30;

/**
 * @param pixels `width` x `height` numbers, row by row
 * @param keeps 1 for the numbers that count, as in a mask
 * @param sizeIn of the pixels of each row; distances from a pixel are measured by the size of the row that it lies in
 * @param metres pixels whose centre lies so far from that of one left out, or nearer, are left out too
 * @param out gets 1 for the pixels that still count, 0 for the others; it may be memory that threads share
 */
export function widenMask(
  pixels: Uint8Array | Uint16Array,
  width: number,
  height: number,
  keeps: Uint8Array,
  sizeIn: PixelSizes,
  metres: number,
  out: Uint8Array = new Uint8Array(width * height),
): Uint8Array {
  const walk = new Walk(width, keeps);
  const reach = new Reach(sizeIn, metres);
  out.fill(1, 0, width * height);
  for (let row = 0; row < height; row++) walk.enter(pixels, row, reach.in(row), out);
  walk.turn();
  for (let row = height - 1; row >= 0; row--) walk.enter(pixels, row, reach.in(row), out);
  return out;
}

/** How many pixels to the left and right one reaches that lies 0, 1, 2 … rows away. @throws RangeError where metres are none. */
export function reaches({ x, y }: PixelSize, metres: number): Int32Array {
  if (!(metres >= 0)) throw new RangeError(`a mask can't be widened by ${metres} m`);
  const reach: number[] = [];
  for (let row = 0; ; row++) {
    const rest = metres * metres - row * y * (row * y);
    if (rest < 0) break;
    let columns = Math.min(FAR, Math.floor(Math.sqrt(rest) / x));
    // The root is rounded; what counts is the distance itself.
    if ((columns + 1) * x * ((columns + 1) * x) <= rest) columns++;
    else if (columns > 0 && columns * x * (columns * x) > rest) columns--;
    reach.push(columns);
  }
  return Int32Array.from(reach);
}

/** The reaches of each row, reckoned anew only where pixels have another size. */
class Reach {
  private size: PixelSize | undefined;
  private reach: Int32Array = new Int32Array(0);

  constructor(
    private readonly sizeIn: PixelSizes,
    private readonly metres: number,
  ) {}

  in(row: number): Int32Array {
    const size = this.sizeIn(row);
    if (size !== this.size) this.reach = reaches(size, this.metres);
    this.size = size;
    return this.reach;
  }
}

/** Row after row in one direction. */
class Walk {
  /** How many rows ago the last pixel was left out, in each column. */
  private readonly ago: Int32Array;
  /** How many intervals begin, less those that have ended, at a column. */
  private readonly changes: Int32Array;

  constructor(
    private readonly width: number,
    private readonly keeps: Uint8Array,
  ) {
    this.ago = new Int32Array(width).fill(FAR);
    this.changes = new Int32Array(width + 1);
  }

  /** Leaves out of a row what is near to a pixel that was left out since the walk began. */
  enter(pixels: Uint8Array | Uint16Array, row: number, reach: Int32Array, out: Uint8Array): void {
    const { width, keeps, ago, changes } = this;
    const first = row * width;
    const farthest = reach.length;
    let isClear = true;
    for (let column = 0; column < width; column++) {
      const rows = keeps[pixels[first + column]!] === 0 ? 0 : ago[column]! + 1;
      ago[column] = rows;
      if (rows >= farthest) continue;
      isClear = false;
      const half = reach[rows]!;
      changes[Math.max(0, column - half)]!++;
      changes[Math.min(width, column + half + 1)]!--;
    }
    if (isClear) return;
    let open = 0;
    for (let column = 0; column < width; column++) {
      open += changes[column]!;
      if (open > 0) out[first + column] = 0;
    }
    changes.fill(0);
  }

  turn(): void {
    this.ago.fill(FAR);
  }
}
