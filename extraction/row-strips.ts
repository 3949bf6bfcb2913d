/**
 * Strips of an image's rows, for the parcels that begin in them: copied to memory that lies together, their pixels are found
 * faster than in the plane, where those of a parcel lie a row apart.
 */
import type { Window } from '../rasters/index.js';
import type { Coverage } from '../zonal/index.js';

export interface RowStrip {
  /** Places in the order of the parcels that begin in the strip: the first, and the one behind the last. */
  readonly first: number;
  readonly end: number;
  /** As wide as the image. */
  readonly window: Window;
  /** Whether what is read faster is worth the copying. */
  readonly isWorthIt: boolean;
}

/** Copying so many pixels to a strip takes as long as a span saves that is read there instead of in the plane. */
const PIXELS_A_SPAN = 200;
/** The share of a strip in whose rows its parcels begin; the rest is for what hangs over of them. */
const STARTS_SHARE = 3 / 4;

/**
 * The strips that parcels of a selection lie in.
 * @param order of the parcels, by the row of their first pixel
 * @param rows of a strip.
 */
export function* rowStrips(
  { offsets, start, grid: { width, height } }: Coverage,
  selection: Int32Array,
  order: Int32Array,
  rows: number,
): Generator<RowStrip> {
  for (let first = 0, end = 0; first < order.length; first = end) {
    const row = Math.floor(start[offsets[selection[order[first]!]!]!]! / width);
    const window = { column: 0, row, width, height: Math.min(rows, height - row) };
    const endOfStarts = (row + Math.max(1, Math.floor(rows * STARTS_SHARE))) * width;
    let spans = 0;
    for (; end < order.length; end++) {
      const parcel = selection[order[end]!]!;
      if (start[offsets[parcel]!]! >= endOfStarts) break;
      spans += offsets[parcel + 1]! - offsets[parcel]!;
    }
    yield { first, end, window, isWorthIt: spans * PIXELS_A_SPAN > width * window.height };
  }
}
