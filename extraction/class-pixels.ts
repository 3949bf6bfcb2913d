/** Pixels that are classes. */
import { type PixelArray, type PixelType, RasterError } from '../rasters/index.js';

/**
 * Maps of classes are unsigned and small by nature.
 * @throws RasterError for anything else, naming the file.
 */
export function classesOf(pixels: PixelArray, path: string, pixelType: PixelType): Uint8Array | Uint16Array {
  if (pixels instanceof Uint8Array || pixels instanceof Uint16Array) return pixels;
  throw new RasterError(path, `has ${pixelType} pixels, which are no map of classes`);
}
