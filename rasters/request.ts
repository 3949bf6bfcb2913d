/** The checks every reader makes of what it is asked to read; a failure is a fault of the program, not of the file. */
import { PIXEL_ARRAYS, type PixelType, type Target, type Window } from './raster.js';

interface Pixels {
  readonly path: string;
  readonly bandCount: number;
  readonly pixelType: PixelType;
}

/** @throws RangeError, TypeError */
export function checkRequest(
  pixels: Pixels,
  size: { readonly width: number; readonly height: number },
  band: number,
  window: Window,
  target: Target,
): void {
  if (!Number.isInteger(band) || band < 1 || band > pixels.bandCount) {
    throw new RangeError(`${pixels.path}: has bands 1 to ${pixels.bandCount}, not ${band}`);
  }
  const { column, row, width, height } = window;
  if (column < 0 || row < 0 || column + width > size.width || row + height > size.height) {
    throw new RangeError(`${pixels.path}: a window reaches beyond the ${size.width} x ${size.height} pixels`);
  }
  if (!(target.pixels instanceof PIXEL_ARRAYS[pixels.pixelType])) {
    throw new TypeError(`${pixels.path}: pixels are ${pixels.pixelType}, the target's array is not`);
  }
  if (height > 0 && target.offset + (height - 1) * target.stride + width > target.pixels.length) {
    throw new RangeError(`${pixels.path}: the target's array is too small for the window`);
  }
}
