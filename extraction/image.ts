/** What the header of a band's raster says. */
import { openRaster, PIXEL_ARRAYS, type Raster, type RasterGrid, type Window } from '../rasters/index.js';

export interface Image {
  readonly path: string;
  readonly rasterBand: number;
  readonly grid: RasterGrid;
  readonly pixelType: Raster['pixelType'];
  readonly noData: number | undefined;
  readonly isMasked?: boolean | undefined;
  readonly block: Raster['block'];
  readonly flat: boolean;
  /** What people should know of how the file was read. */
  readonly notes: readonly string[];
}

/** Reads a raster's header. @throws RasterError */
export async function readImage(path: string, rasterBand: number): Promise<Image> {
  const raster = await openRaster(path);
  try {
    return imageOf(raster, rasterBand);
  } finally {
    await raster.close();
  }
}

/** What the header of an open raster says. */
export function imageOf(raster: Raster, rasterBand: number): Image {
  const { path, grid, pixelType, noData, isMasked, block, flat, notes = [] } = raster;
  return { path, rasterBand, grid, pixelType, noData, isMasked, block, flat, notes };
}

/** The pixels of a block, which are counted row by row. */
export function blockWindow({ grid, block }: Pick<Image, 'grid' | 'block'>, number: number): Window {
  const across = Math.ceil(grid.width / block.width);
  const [column, row] = [(number % across) * block.width, Math.floor(number / across) * block.height];
  return {
    ...{ column, row },
    width: Math.min(block.width, grid.width - column),
    height: Math.min(block.height, grid.height - row),
  };
}

/** Bytes of all its pixels. */
export function imageBytes({ grid, pixelType }: Image): number {
  return grid.width * grid.height * PIXEL_ARRAYS[pixelType].BYTES_PER_ELEMENT;
}

/** Bytes of the pixels in the blocks marked with 1. */
export function blocksBytes(image: Image, blocks: Uint8Array): number {
  const { width, height } = image.block;
  const marked = blocks.reduce((sum, one) => sum + one, 0);
  return Math.min(
    imageBytes(image),
    marked * width * height * PIXEL_ARRAYS[image.pixelType].BYTES_PER_ELEMENT,
  );
}
