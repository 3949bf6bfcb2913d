/** Memory where pixels are measured faster than where they are: what is copied there must be worth it. */
import type { PixelArray } from './pixels.js';

export interface Strip<Pixels extends PixelArray = PixelArray> {
  /** For some rows of an image. */
  readonly pixels: Pixels;
  /** For the spans of a parcel in them, the first span in the first place. */
  readonly start: Int32Array;
  readonly length: Uint16Array;
}
