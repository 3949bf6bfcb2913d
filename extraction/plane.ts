/** The decoded pixels of a band, shared between threads. */
import type { PixelType } from '../rasters/index.js';

/** The pixels of one band of a scene, row by row, in memory that threads share; blocks fill it as they are decoded. */
export interface Plane {
  readonly pixels: SharedArrayBuffer;
  readonly pixelType: PixelType;
  readonly width: number;
  readonly height: number;
  readonly blockWidth: number;
  readonly blockHeight: number;
}
