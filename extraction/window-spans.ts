/** A parcel's spans of the grid as spans of a window that was read for itself. */
import type { Window } from '../rasters/raster.js';
import type { Coverage } from '../zonal/coverage.js';

export class WindowSpans {
  /** First pixel of each span of the parcel taken last, counted in the window's own pixels; their lengths; how many. */
  start = new Int32Array(1024);
  length = new Uint16Array(1024);
  count = 0;

  /** Takes a parcel all of whose spans lie in the window. */
  take({ grid, offsets, start, length }: Coverage, parcel: number, window: Window): void {
    const from = offsets[parcel]!;
    const count = offsets[parcel + 1]! - from;
    if (count > this.start.length) {
      this.start = new Int32Array(2 * count);
      this.length = new Uint16Array(2 * count);
    }
    this.count = count;
    const shifted = this.start;
    const lengths = this.length;
    // Rows as wide as the grid's are only begun elsewhere.
    const isWide = window.width === grid.width;
    const before = window.row * grid.width;
    for (let i = 0; i < count; i++) {
      const pixel = start[from + i]!;
      const row = isWide ? 0 : Math.floor(pixel / grid.width);
      shifted[i] = isWide
        ? pixel - before
        : (row - window.row) * window.width + (pixel - row * grid.width) - window.column;
      lengths[i] = length[from + i]!;
    }
  }
}
