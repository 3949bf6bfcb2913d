/**
 * A transformation of coordinates as polynomials, one for each patch of a box, through points whose images are known.
 * Asking PROJ for every corner of every parcel takes longer than all statistics of a scene; between two CRS of one
 * country its answers are so smooth that polynomials of degree 4 over some ten kilometres give them to a few
 * nanometres, the rounding of the coordinates themselves. (CbM's own path, ST_AsGeoJSON with nine decimals, rounds as much.)
 *
 * Whether that holds is not assumed but tried: every patch has points that are only compared. Where a single one is off,
 * as with datum shifts by grids (NTv2) or a border between two operations of PROJ's, there are no patches.
 *
 * Interpolation at Chebyshev nodes: Trefethen, Approximation Theory and Approximation Practice (2013), chapters 4 and 8.
 */
import type { Bounds } from './bounds.js';

/** Patches along each side of the box. */
const PATCHES = 12;
const DEGREE = 4;
/** Numbers kept of a patch: x and y of each term u^i v^j in turn, and of the image of the patch's centre. */
const STRIDE = 2 * (DEGREE + 1) ** 2 + 2;

/** Roots of the Chebyshev polynomial of degree 5: where the polynomial is taken through PROJ's answers. */
const NODES = Array.from({ length: DEGREE + 1 }, (_, k) =>
  Math.cos((Math.PI * (2 * k + 1)) / (2 * DEGREE + 2)),
);
/** Its extrema, farthest from the roots, with the patch's corners: where the two are compared. */
const CHECKS = Array.from({ length: DEGREE + 2 }, (_, k) => Math.cos((Math.PI * k) / (DEGREE + 1)));
const POINTS_OF_PATCH = NODES.length ** 2 + CHECKS.length ** 2;

/** `FROM_NODES[i][k]`: how much a value at node `k` adds to the coefficient of u^i. */
const FROM_NODES = inverse(NODES.map((node) => NODES.map((_, power) => node ** power)));

/** Patches as plain data, to be handed between threads. */
export interface PatchCoefficients {
  readonly box: Bounds;
  readonly numbers: Float64Array;
}

export class TransformPatches {
  constructor(readonly coefficients: PatchCoefficients) {}

  /** Where points can be transformed, in the CRS they come from. */
  get box(): Bounds {
    return this.coefficients.box;
  }

  /** Points (x, y alternately) in `box` whose images `through` has to be given. */
  static points(box: Bounds): Float64Array {
    const points = new Float64Array(2 * PATCHES * PATCHES * POINTS_OF_PATCH);
    let at = 0;
    const { width, height } = patchSize(box);
    for (let patch = 0; patch < PATCHES * PATCHES; patch++) {
      const x = box.minX + ((patch % PATCHES) + 0.5) * width;
      const y = box.minY + (Math.floor(patch / PATCHES) + 0.5) * height;
      for (const places of [NODES, CHECKS])
        for (const v of places)
          for (const u of places) {
            points[at++] = x + (u * width) / 2;
            points[at++] = y + (v * height) / 2;
          }
    }
    return points;
  }

  /**
   * The patches through the images of `points(box)`.
   * @param tolerance how far off, in units of the images, a patch may be at a point that it was not made from.
   * @returns undefined where one is farther off: the transformation is not smooth enough here.
   */
  static through(box: Bounds, images: Float64Array, tolerance: number): TransformPatches | undefined {
    const patches = new TransformPatches({ box, numbers: new Float64Array(PATCHES * PATCHES * STRIDE) });
    const points = TransformPatches.points(box);
    const nodes = 2 * NODES.length ** 2;
    for (let patch = 0; patch < PATCHES * PATCHES; patch++) {
      const first = 2 * patch * POINTS_OF_PATCH;
      patches.fit(patch, images.subarray(first, first + nodes));
    }
    patches.apply(points, 0, points.length);
    // Written so that NaN and infinite images are refused too.
    const close = points.every((value, i) => Math.abs(value - images[i]!) <= tolerance);
    return close ? patches : undefined;
  }

  /** Transforms the points `xy[from]` to before `xy[to]` (x, y alternately) in place. They must lie in the box. */
  apply(xy: Float64Array, from: number, to: number): void {
    const { numbers: c, box } = this.coefficients;
    const { width, height } = patchSize(box);
    for (let k = from; k < to; k += 2) {
      const column = (xy[k]! - box.minX) / width;
      const row = (xy[k + 1]! - box.minY) / height;
      const patchColumn = Math.min(PATCHES - 1, Math.max(0, Math.floor(column)));
      const patchRow = Math.min(PATCHES - 1, Math.max(0, Math.floor(row)));
      const u = 2 * (column - patchColumn) - 1;
      const v = 2 * (row - patchRow) - 1;
      let at = (patchRow * PATCHES + patchColumn) * STRIDE;
      let x = 0;
      let y = 0;
      // Horner's scheme twice: in v, whose factors are polynomials in u, from the highest power of each down. The inner
      // one, of degree 4, is written out: as a loop it takes half as long again.
      for (let j = DEGREE; j >= 0; j--, at += 2 * (DEGREE + 1)) {
        x = x * v + (((c[at]! * u + c[at + 2]!) * u + c[at + 4]!) * u + c[at + 6]!) * u + c[at + 8]!;
        y = y * v + (((c[at + 1]! * u + c[at + 3]!) * u + c[at + 5]!) * u + c[at + 7]!) * u + c[at + 9]!;
      }
      xy[k] = c[at]! + x;
      xy[k + 1] = c[at + 1]! + y;
    }
  }

  /** Sets the coefficients of a patch from the images of its nodes, which stand row by row. */
  private fit(patch: number, images: Float64Array): void {
    const { numbers } = this.coefficients;
    const first = patch * STRIDE;
    const count = NODES.length;
    for (const axis of [0, 1]) {
      // Differences from the middle keep the digits that the sums below would lose.
      const middle = images[images.length / 2 - 1 + axis]!;
      let at = first + axis;
      for (let j = DEGREE; j >= 0; j--)
        for (let i = DEGREE; i >= 0; i--, at += 2) {
          let sum = 0;
          for (let row = 0; row < count; row++)
            for (let column = 0; column < count; column++)
              sum +=
                FROM_NODES[j]![row]! *
                FROM_NODES[i]![column]! *
                (images[2 * (row * count + column) + axis]! - middle);
          numbers[at] = sum;
        }
      numbers[at] = middle;
    }
  }
}

function patchSize(box: Bounds): { width: number; height: number } {
  return { width: (box.maxX - box.minX) / PATCHES, height: (box.maxY - box.minY) / PATCHES };
}

/** The inverse of a small square matrix, by Gauss and Jordan with pivots. */
function inverse(matrix: readonly (readonly number[])[]): number[][] {
  const size = matrix.length;
  const rows = matrix.map((row, i) => [...row, ...matrix.map((_, k) => (i === k ? 1 : 0))]);
  for (let column = 0; column < size; column++) {
    const below = rows.slice(column).map((row) => Math.abs(row[column]!));
    const pivot = column + below.indexOf(Math.max(...below));
    [rows[column], rows[pivot]] = [rows[pivot]!, rows[column]!];
    const head = rows[column]!.map((value) => value / rows[column]![column]!);
    rows[column] = head;
    for (let row = 0; row < size; row++) {
      const factor = rows[row]![column]!;
      if (row !== column) rows[row] = rows[row]!.map((value, k) => value - factor * head[k]!);
    }
  }
  return rows.map((row) => row.slice(size));
}
