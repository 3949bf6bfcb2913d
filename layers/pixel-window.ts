/** The pixels of a layer in memory, and how a thread finds those under a parcel's spans of a finer grid. */
import type { PixelArray, Window } from '../zonal/index.js';
import type { Alignment } from './alignment.js';

/** All pixels of a grid, or of a window of it, row by row. */
export interface PixelWindow<Pixels extends PixelArray = PixelArray> extends Window {
  readonly pixels: Pixels;
}

/** Where a span of the finer grid lies in a window of the coarser one. */
export class SpanPlace {
  /** Pixels at the span's ends that lie beside the window: all of them, where the row does. */
  before = 0;
  after = 0;
  /** Index of the pixel under the first finer pixel that lies in the window. */
  first = 0;
  /** How many finer pixels of that one lie to the left of it: the span may begin within a coarser pixel. */
  phase = 0;

  /** @param width that of the finer grid, whose pixels are counted row by row. */
  constructor(
    private readonly alignment: Alignment,
    private readonly width: number,
  ) {}

  /** Finds `length` pixels of the finer grid from `start` on. */
  find(start: number, length: number, window: PixelWindow): void {
    const { across, down, shiftX, shiftY } = this.alignment;
    const finerRow = Math.floor(start / this.width);
    const row = Math.floor((finerRow + shiftY) / down) - window.row;
    if (row < 0 || row >= window.height) {
      this.before = length;
      this.after = this.first = this.phase = 0;
      return;
    }
    /** In finer pixels, from the window's left edge. */
    const begin = start - finerRow * this.width + shiftX - window.column * across;
    const before = begin < 0 ? Math.min(length, -begin) : 0;
    const over = begin + length - window.width * across;
    const column = Math.floor((begin + before) / across);
    this.before = before;
    this.after = over > 0 ? Math.min(length - before, over) : 0;
    this.first = row * window.width + column;
    this.phase = begin + before - column * across;
  }
}
