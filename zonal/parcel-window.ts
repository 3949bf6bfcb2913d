/** The window of the grid around one parcel, and the way from the CRS into it. */
import type { Grid } from './grid.js';
import type { ParcelSet } from './parcel-set.js';

/** Windows beyond this many pixels from the grid's origin leave exact integers behind; no sound parcel lies there. */
const FARTHEST_PIXEL = 2 ** 31;

/**
 * rasterstats reads the window of whole pixels around the parcel's bounds, and GDAL then burns the parcel on that window.
 * The window's own geotransform takes part in the rounding, so the same pixels come out only by going the same way: a
 * vertex lies at column `offsetX + x * scaleX` and row `offsetY + y * scaleY` of the window. One object serves all
 * parcels of a grid, one after the other.
 */
export class ParcelWindow {
  /** Where the window's upper left pixel lies in the grid; negative where the parcel reaches over the edge. */
  column = 0;
  row = 0;
  offsetX = 0;
  offsetY = 0;
  scaleX = 0;
  scaleY = 0;
  /** The part of the window that lies in the grid, in the window's columns and rows; the ends are exclusive. */
  firstColumn = 0;
  endColumn = 0;
  firstRow = 0;
  endRow = 0;

  constructor(private readonly grid: Grid) {}

  /** Moves the window to a parcel; false when that covers no pixel of the grid. */
  moveTo(set: ParcelSet, index: number): boolean {
    const { xy, parts, pointOffsets } = set;
    const firstRing = set.ringOffsets[index]!;
    const endRing = set.ringOffsets[index + 1]!;
    let minX = Infinity;
    let minY = Infinity;
    let maxX = -Infinity;
    let maxY = -Infinity;
    let part = -1;
    for (let ring = firstRing; ring < endRing; ring++) {
      // Bounds are those of the shells: a hole that sticks out (an invalid polygon) is cut off there.
      const ringPart = parts[ring]!;
      if (ringPart === part) continue;
      part = ringPart;
      for (let k = 2 * pointOffsets[ring]!, end = 2 * pointOffsets[ring + 1]!; k < end; k += 2) {
        const x = xy[k]!;
        const y = xy[k + 1]!;
        if (x < minX) minX = x;
        if (x > maxX) maxX = x;
        if (y < minY) minY = y;
        if (y > maxY) maxY = y;
      }
    }
    return this.around(minX, minY, maxX, maxY);
  }

  private around(minX: number, minY: number, maxX: number, maxY: number): boolean {
    const { width, height, originX, originY, stepX, stepY } = this.grid;
    let column = Math.floor((minX - originX) / stepX);
    let row = Math.floor((maxY - originY) / stepY);
    let endColumn = Math.ceil((maxX - originX) / stepX);
    let endRow = Math.ceil((minY - originY) / stepY);
    if (!(column < width && row < height && endColumn > 0 && endRow > 0)) return false;
    if (
      column < -FARTHEST_PIXEL ||
      row < -FARTHEST_PIXEL ||
      endColumn > FARTHEST_PIXEL ||
      endRow > FARTHEST_PIXEL
    ) {
      column = row = 0;
      endColumn = width;
      endRow = height;
    }
    this.column = column;
    this.row = row;
    this.scaleX = 1 / stepX;
    this.scaleY = 1 / stepY;
    this.offsetX = -(originX + column * stepX) / stepX;
    this.offsetY = -(originY + row * stepY) / stepY;
    this.firstColumn = Math.max(0, -column);
    this.firstRow = Math.max(0, -row);
    this.endColumn = Math.min(endColumn, width) - column;
    this.endRow = Math.min(endRow, height) - row;
    return this.endColumn > this.firstColumn && this.endRow > this.firstRow;
  }
}
