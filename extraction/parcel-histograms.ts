/** How often each class of a map of classes occurs under a parcel. */
import { type PixelArray, type PixelType, RasterError } from '../rasters/index.js';
import { Histogram } from '../zonal/index.js';
import { classesOf } from './class-pixels.js';

export class ParcelHistograms {
  private readonly histogram = new Histogram();

  /** @param excluded numbers that are not counted. */
  constructor(
    private readonly band: { readonly path: string; readonly pixelType: PixelType },
    private readonly excluded: readonly number[],
  ) {}

  /**
   * Counts the pixels under the spans `from` to before `to`.
   * @returns how many there are of each class, until the next call.
   * @throws RasterError where the band is no map of classes.
   */
  count(pixels: PixelArray, start: Int32Array, length: Uint16Array, from: number, to: number): Uint32Array {
    const { histogram, excluded } = this;
    const { path, pixelType } = this.band;
    try {
      histogram.count(classesOf(pixels, path, pixelType), start, length, from, to);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new RasterError(path, error.message, { cause: error });
    }
    histogram.leaveOut(excluded);
    return histogram.bins;
  }
}
