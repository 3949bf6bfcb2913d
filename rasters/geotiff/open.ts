/** GeoTIFF as a Raster: classic and BigTIFF, strips and tiles, either byte order. */
import { type ByteRange, joined } from '../byte-ranges.js';
import { checkCoordinates } from '../crs-units.js';
import { FileSource, memorySource } from '../file-source.js';
import type { PixelType, Raster, RasterGrid, Target, Window } from '../raster.js';
import { orRefusal } from '../refusal.js';
import { checkRequest } from '../request.js';
import { Directory } from './directory.js';
import { readGeoreference } from './georeference.js';
import { TiffImage } from './image.js';
import { Mask } from './mask.js';

/** Strips are often one row high; several make a block, so that callers don't go row by row. */
const MIN_STRIP_ROWS = 128;

class GeoTiffRaster implements Raster {
  readonly format = 'GeoTIFF';
  readonly path: string;
  readonly bandCount: number;
  readonly pixelType: PixelType;
  readonly noData: number | undefined;
  readonly isMasked: boolean;
  readonly block: { readonly width: number; readonly height: number };
  readonly flat: boolean;
  readonly isListed = true;

  constructor(
    private readonly source: FileSource,
    private readonly image: TiffImage,
    readonly grid: RasterGrid,
    private readonly mask: Mask | undefined,
  ) {
    const { width, height, bandCount, pixelType, tiled, blockWidth, blockHeight, compression } = image.layout;
    this.path = source.path;
    this.bandCount = bandCount;
    this.pixelType = pixelType;
    this.noData = image.noData;
    const strips = tiled ? 1 : Math.ceil(MIN_STRIP_ROWS / blockHeight);
    this.block = { width: Math.min(blockWidth, width), height: Math.min(blockHeight * strips, height) };
    this.isMasked = mask !== undefined;
    this.flat = compression === 1 && mask === undefined;
  }

  async readWindow(band: number, window: Window, target: Target): Promise<void> {
    checkRequest(this, this.grid, band, window, target);
    await orRefusal(this.path, async () => {
      await this.image.readWindow(band, window, target);
      await this.mask?.apply(band, window, target);
    });
  }

  rangesOf(band: number, window: Window): ByteRange[] {
    return joined([...this.image.rangesOf(band, window), ...(this.mask?.rangesOf(band, window) ?? [])]);
  }

  close(): Promise<void> {
    this.source.close();
    return Promise.resolve();
  }
}

/**
 * Opens a GeoTIFF file: its first image, and that image's mask.
 * @throws RasterError for a file that is no TIFF, damaged, of a kind that is not supported, without an EPSG code, or not
 * north-up.
 */
export async function openGeoTiff(path: string): Promise<Raster> {
  const { source, image, directory, later } = await openTiffImage(path);
  try {
    return await orRefusal(path, () => {
      const { width, height } = image.layout;
      const grid = { ...readGeoreference(directory), width, height };
      checkCoordinates(grid);
      return new GeoTiffRaster(source, image, grid, Mask.of(image, source, directory, later));
    });
  } catch (error) {
    source.close();
    throw error;
  }
}

/**
 * The georeference of a TIFF file's first image.
 * @throws Damage, Unsupported as for any GeoTIFF: without a CRS that EPSG numbers, or not north-up
 */
export async function georeferenceOfTiff(file: Uint8Array): Promise<Omit<RasterGrid, 'width' | 'height'>> {
  const [directory] = await Directory.readAll(memorySource(file));
  return readGeoreference(directory);
}

/** The pixels of a TIFF file that may have no georeference, without its mask. The caller closes the source. */
export async function openTiffImage(path: string): Promise<{
  source: FileSource;
  directory: Directory;
  /** Directories of further images: overviews, masks, pages. */
  later: readonly Directory[];
  image: TiffImage;
}> {
  return orRefusal(path, async () => {
    const source = new FileSource(path);
    try {
      const [directory, ...later] = await Directory.readAll(source);
      return { source, directory, later, image: new TiffImage(source, directory) };
    } catch (error) {
      source.close();
      throw error;
    }
  });
}
