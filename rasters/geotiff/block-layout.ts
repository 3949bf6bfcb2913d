/** How the pixels of a TIFF image are laid out in its blocks. */
import type { PixelType } from '../raster.js';

export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly bandCount: number;
  readonly pixelType: PixelType;
  readonly bits: number;
  readonly littleEndian: boolean;
  readonly blockWidth: number;
  readonly blockHeight: number;
  readonly blockColumns: number;
  readonly blockRows: number;
  readonly tiled: boolean;
  /** Samples that a pixel has within one block: all bands (pixel interleave), or one, each band having its own blocks. */
  readonly samplesPerPixel: number;
  readonly compression: number;
  readonly predictor: 1 | 2 | 3;
  readonly lercParameters: readonly number[];
  /** Position and length of each block in the file; 0 and 0 for one that was never written. */
  readonly offsets: ArrayLike<number>;
  readonly byteCounts: ArrayLike<number>;
}
