/** Makes the mask of a class map in which what is left out is grown; runs in a thread. */
import { keepsAllBut, widenMask } from '../layers/index.js';
import { pixelArray } from '../rasters/index.js';
import { classesOf } from './class-pixels.js';
import type { WidenTask } from './tasks.js';

/** @throws RasterError naming the file where its pixels are no classes. */
export function widenClasses({ path, plane, classes, size, metres, mask }: WidenTask): null {
  const pixels = classesOf(pixelArray(plane.pixelType, plane.pixels), path, plane.pixelType);
  widenMask(pixels, plane.width, plane.height, keepsAllBut(classes), size, metres, new Uint8Array(mask));
  return null;
}
