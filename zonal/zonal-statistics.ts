/** What measures the pixels of a parcel, whatever their type. */
import type { PixelArray } from './pixels.js';
import type { Strip } from './strip.js';

/** Measures bands of one pixel type and one set of exclusions. It keeps scratch memory of its own: one to a thread. */
export interface ZonalStatistics<Pixels extends PixelArray = PixelArray> {
  /** One for all bands of the thread. */
  readonly strip?: Strip<Pixels>;

  /**
   * Measures the pixels under the spans `from` to before `to`: span `k` is `length[k]` pixels of `pixels` from
   * `start[k]` on. Writes the STATISTICS to `out[at]` and following, the EXTENDED_STATISTICS where those are wanted; where the
   * count is 0, the others are not written.
   * @param parcel whose pixels they are, in the coverage: where its shares take part.
   * @returns the count of valid pixels; with shares, the sum of theirs.
   */
  compute(
    pixels: Pixels,
    start: Int32Array,
    length: Uint16Array | Int32Array,
    from: number,
    to: number,
    out: Float64Array,
    at: number,
    parcel?: number,
  ): number;
}
