/**
 * Which pixels belong to a parcel: those whose centre lies inside, with GDAL's answer where a centre lies exactly on an
 * edge (GDALRasterizeGeometries without ALL_TOUCHED, each polygon for itself, as rasterstats calls it).
 *
 * An edge crosses the centre line yc of a row when y1 <= yc < y2. The crossing is rounded to the first column whose
 * centre lies right of it, floor(x + 0.5), so that a centre on a left edge is out and one on a right edge is in; between
 * each odd crossing and the next the row is filled (even-odd rule). Horizontal edges along a centre line, several polygons
 * in a parcel and very many crossings in a row are left to OutlineRasteriser.
 */
import type { Grid } from './grid.js';
import { OutlineRasteriser } from './outline-rasteriser.js';
import type { ParcelSet } from './parcel-set.js';
import { ParcelWindow } from './parcel-window.js';
import { SpanList } from './span-list.js';

/** Crossings of one row that the plain way keeps; a convex parcel has 2. */
const ROW_CAPACITY = 8;

/** Pixel numbers are kept in 32 bits. */
const MAX_PIXELS = 2 ** 31 - 1;

export class Rasteriser {
  private readonly spans = new SpanList();
  private readonly window: ParcelWindow;
  private readonly outlines: OutlineRasteriser;
  /** Crossings found so far in each row of the window, and their columns, ascending. */
  private crossings = new Uint8Array(1024);
  private columns = new Int32Array(1024 * ROW_CAPACITY);

  /** @throws RangeError for a grid that is not north up or has more than 2^31 - 1 pixels. */
  constructor(readonly grid: Grid) {
    checkGrid(grid);
    this.window = new ParcelWindow(grid);
    this.outlines = new OutlineRasteriser(grid, this.window, this.spans);
  }

  /** First pixel (row * width + column) of each span found last; another array after each call of `rasterise`. */
  get start(): Int32Array {
    return this.spans.start;
  }

  /** Pixels of each span found last. */
  get length(): Int32Array {
    return this.spans.length;
  }

  /**
   * Finds the pixels of parcel `index`: fills `start` and `length`, rows from the top, columns from the left, no pixel
   * twice, nothing outside the grid.
   * @returns the number of spans.
   * @throws GeometryError where millions of edges cross the grid, which would take seconds.
   */
  rasterise(set: ParcelSet, index: number): number {
    this.spans.count = 0;
    const firstRing = set.ringOffsets[index]!;
    const endRing = set.ringOffsets[index + 1]!;
    if (firstRing === endRing || !this.window.moveTo(set, index)) return 0;
    const onePolygon = set.parts[endRing - 1] === 0;
    if (onePolygon && this.cross(set, firstRing, endRing)) this.fill();
    else this.outlines.rasterise(set, firstRing, endRing);
    return this.spans.count;
  }

  /** Notes where the rings cross the rows' centre lines; false when this polygon needs the general way. */
  private cross(set: ParcelSet, firstRing: number, endRing: number): boolean {
    const { xy, pointOffsets } = set;
    const { offsetX, offsetY, scaleX, scaleY, firstColumn, firstRow, endRow } = this.window;
    const width = this.window.endColumn - firstColumn;
    const height = endRow - firstRow;
    if (height > this.crossings.length) {
      this.crossings = new Uint8Array(2 * height);
      this.columns = new Int32Array(2 * height * ROW_CAPACITY);
    }
    const { crossings, columns } = this;
    crossings.fill(0, 0, height);
    for (let ring = firstRing; ring < endRing; ring++) {
      let k = 2 * pointOffsets[ring]!;
      const end = 2 * pointOffsets[ring + 1]!;
      let fromX = offsetX + xy[k]! * scaleX;
      let fromY = offsetY + xy[k + 1]! * scaleY;
      for (k += 2; k < end; k += 2) {
        const toX = offsetX + xy[k]! * scaleX;
        const toY = offsetY + xy[k + 1]! * scaleY;
        const down = fromY < toY;
        const x1 = down ? fromX : toX;
        const y1 = down ? fromY : toY;
        const x2 = down ? toX : fromX;
        const y2 = down ? toY : fromY;
        if (y1 === y2 && x1 !== x2 && y1 - Math.floor(y1) === 0.5) return false;
        fromX = toX;
        fromY = toY;
        let row = Math.ceil(y1 - 0.5);
        if (row < firstRow) row = firstRow;
        for (; row < endRow && row + 0.5 < y2; row++) {
          let column = Math.floor(((row + 0.5 - y1) * (x2 - x1)) / (y2 - y1) + x1 + 0.5) - firstColumn;
          column = column > 0 ? (column < width ? column : width) : 0;
          const count = crossings[row - firstRow]!;
          if (count === ROW_CAPACITY) return false;
          crossings[row - firstRow] = count + 1;
          const first = (row - firstRow) * ROW_CAPACITY;
          let at = first + count;
          for (; at > first && columns[at - 1]! > column; at--) columns[at] = columns[at - 1]!;
          columns[at] = column;
        }
      }
    }
    return true;
  }

  /** Turns each pair of crossings into a span. */
  private fill(): void {
    const { crossings, columns, spans, window } = this;
    const gridWidth = this.grid.width;
    const height = window.endRow - window.firstRow;
    let rowStart = (window.row + window.firstRow) * gridWidth + window.column + window.firstColumn;
    spans.reserve((height * ROW_CAPACITY) / 2);
    for (let row = 0; row < height; row++, rowStart += gridWidth) {
      let at = row * ROW_CAPACITY;
      const end = at + crossings[row]! - 1;
      for (; at < end; at += 2) {
        const from = columns[at]!;
        const to = columns[at + 1]!;
        if (to > from) spans.push(rowStart + from, to - from);
      }
    }
  }
}

function checkGrid(grid: Grid): void {
  const { width, height, originX, originY, stepX, stepY } = grid;
  if (!Number.isInteger(width) || !Number.isInteger(height) || width < 1 || height < 1) {
    throw new RangeError(`a grid of ${width} x ${height} pixels is no grid`);
  }
  if (width * height > MAX_PIXELS) {
    throw new RangeError(
      `a grid of ${width} x ${height} pixels is too large: at most ${MAX_PIXELS} pixels in all`,
    );
  }
  if (!Number.isFinite(originX) || !Number.isFinite(originY) || !(stepX > 0) || !(stepY < 0)) {
    throw new RangeError(
      `the grid is not north up: origin ${originX} ${originY}, pixel size ${stepX} ${stepY} (warp the raster first)`,
    );
  }
}
