/** A parcel's spans of the grid as spans of a window that was read for itself. */
import type { Window } from '../rasters/index.js';
import type { Coverage } from '../zonal/index.js';

/** Spans of parcels on a grid: those of a coverage, or narrowed ones. */
export type Spans = Pick<Coverage, 'grid' | 'offsets' | 'start' | 'length'>;

export class WindowSpans {
  /** How many spans the parcel taken last has. */
  count = 0;

  /**
   * @param start gets the first pixel of each span of the parcel taken last, counted in the window's own pixels
   * @param length gets the lengths; both are other arrays, once a parcel has more spans than they hold.
   */
  constructor(
    public start: Int32Array = new Int32Array(1024),
    public length: Uint16Array = new Uint16Array(1024),
  ) {}

  /** Takes a parcel all of whose spans lie in the window. */
  take({ grid, offsets, start, length }: Spans, parcel: number, window: Window): void {
    const from = offsets[parcel]!;
    const count = offsets[parcel + 1]! - from;
    if (count > this.start.length) {
      this.start = new Int32Array(2 * count);
      this.length = new Uint16Array(2 * count);
    }
    this.count = count;
    const shifted = this.start;
    const lengths = this.length;
    if (window.width === grid.width) {
      // Rows as wide as the grid's are only begun elsewhere.
      const before = window.row * grid.width;
      for (let i = 0; i < count; i++) {
        shifted[i] = start[from + i]! - before;
        lengths[i] = length[from + i]!;
      }
      return;
    }
    for (let i = 0; i < count; i++) {
      const pixel = start[from + i]!;
      const row = Math.floor(pixel / grid.width);
      shifted[i] = (row - window.row) * window.width + (pixel - row * grid.width) - window.column;
      lengths[i] = length[from + i]!;
    }
  }
}
