/**
 * Chips: small squares of a scene's band around a place, cut from the scene's own pixels.
 *
 * Terms. *Chip*: a window of one band in the scene's own CRS, resolution and numbers. *Square*: the ground that a chip is asked of.
 * *Kept*: of a chip, that it lies in the cache.
 */
import type { PixelArray, PixelType, RasterGrid } from '../../rasters/index.js';

export interface Chip {
  readonly grid: RasterGrid;
  readonly pixelType: PixelType;
  /** The number of pixels without data, those beyond the scene's edge among them. */
  readonly noData: number;
  /** Row by row. */
  readonly pixels: PixelArray;
}
