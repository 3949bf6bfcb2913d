/** Makes the mask of a class map in which what is left out is grown; runs in a thread. */
import { keepsAllBut, pixelSizes, widenMask } from '../layers/index.js';
import { pixelArray } from '../rasters/index.js';
import { classesOf } from './class-pixels.js';
import type { WidenTask } from './tasks.js';

/** @throws RasterError naming the file where its pixels are no classes. */
export function widenClasses({ path, plane, unclear, grid, metres, mask }: WidenTask): null {
  const pixels = classesOf(pixelArray(plane.pixelType, plane.pixels), path, plane.pixelType);
  const { width, height } = plane;
  const sizeIn = pixelSizes(grid);
  widenMask(pixels, width, height, keepsAllBut(unclear), sizeIn, metres, new Uint8Array(mask));
  return null;
}
