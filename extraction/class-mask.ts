/** The mask that a decoded class map is, or that was made of it. */
import { KEEPS_ALL_BUT_0, keepsAllBut, type Mask } from '../layers/index.js';
import { pixelArray } from '../rasters/index.js';
import { classesOf } from './class-pixels.js';
import type { Plane } from './plane.js';

export interface DecodedClasses {
  /** The class map's, for messages. */
  readonly path: string;
  readonly plane: Plane;
  /** Made of it where what is left out is grown: 1 for pixels that count. */
  readonly mask: Plane | undefined;
  /** Its numbers whose pixels are left out. */
  readonly unclear: readonly number[];
}

/** @throws RasterError naming the class map where its pixels are no classes. */
export function maskOf({ plane, mask, path, unclear }: DecodedClasses): Mask {
  const { width, height } = plane;
  const whole = { column: 0, row: 0, width, height };
  if (mask !== undefined)
    return { source: { pixels: new Uint8Array(mask.pixels), ...whole }, keeps: KEEPS_ALL_BUT_0 };
  const pixels = classesOf(pixelArray(plane.pixelType, plane.pixels), path, plane.pixelType);
  return { source: { pixels, ...whole }, keeps: keepsAllBut(unclear) };
}
