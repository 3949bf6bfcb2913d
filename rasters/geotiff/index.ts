/** GeoTIFF as a Raster: classic and BigTIFF, strips and tiles, either byte order. */
import { Damage } from '../damage.js';
import { FileSource } from '../file-source.js';
import {
  RasterError,
  type PixelType,
  type Raster,
  type RasterGrid,
  type Target,
  type Window,
} from '../raster.js';
import { checkRequest } from '../request.js';
import { Directory } from './directory.js';
import { readGeoreference } from './georeference.js';
import { TiffImage } from './image.js';

/** Strips are often one row high; several make a block, so that callers don't go row by row. */
const MIN_STRIP_ROWS = 128;

class GeoTiffRaster implements Raster {
  readonly format = 'GeoTIFF';
  readonly path: string;
  readonly grid: RasterGrid;
  readonly bandCount: number;
  readonly pixelType: PixelType;
  readonly noData: number | undefined;
  readonly block: { readonly width: number; readonly height: number };
  readonly flat: boolean;

  constructor(
    private readonly source: FileSource,
    private readonly image: TiffImage,
    georeference: Omit<RasterGrid, 'width' | 'height'>,
  ) {
    const { width, height, bandCount, pixelType, tiled, blockWidth, blockHeight, compression } = image.layout;
    this.path = source.path;
    this.grid = { ...georeference, width, height };
    this.bandCount = bandCount;
    this.pixelType = pixelType;
    this.noData = image.noData;
    const strips = tiled ? 1 : Math.ceil(MIN_STRIP_ROWS / blockHeight);
    this.block = { width: Math.min(blockWidth, width), height: Math.min(blockHeight * strips, height) };
    this.flat = compression === 1;
  }

  async readWindow(band: number, window: Window, target: Target): Promise<void> {
    checkRequest(this, this.grid, band, window, target);
    await orRasterError(this.path, () => this.image.readWindow(band, window, target));
  }

  close(): Promise<void> {
    this.source.close();
    return Promise.resolve();
  }
}

/**
 * Opens a GeoTIFF file; reads its first directory only.
 * @throws RasterError for a file that is no TIFF, damaged, of a kind that is not supported, without an EPSG code, or not
 * north-up.
 */
export async function openGeoTiff(path: string): Promise<Raster> {
  const { source, image, directory } = await openTiffImage(path);
  try {
    return await orRasterError(path, () => new GeoTiffRaster(source, image, readGeoreference(directory)));
  } catch (error) {
    source.close();
    throw error;
  }
}

/** The pixels of a TIFF file that may have no georeference. The caller closes the source. */
export async function openTiffImage(
  path: string,
): Promise<{ source: FileSource; directory: Directory; image: TiffImage }> {
  return orRasterError(path, async () => {
    const source = new FileSource(path);
    try {
      const directory = await Directory.read(source);
      return { source, directory, image: new TiffImage(source, directory) };
    } catch (error) {
      source.close();
      throw error;
    }
  });
}

async function orRasterError<T>(path: string, action: () => T | Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof Damage) throw new RasterError(path, error.message, { cause: error });
    if (error instanceof Error && 'code' in error && 'syscall' in error) {
      throw new RasterError(path, `cannot be read (${String(error.code)})`, { cause: error });
    }
    throw error;
  }
}
