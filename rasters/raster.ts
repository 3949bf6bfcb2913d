/**
 * What every raster format offers: its grid, and pixels by window.
 *
 * Terms. *Grid*: CRS, transform and size of a raster. *Window*: a rectangle of its pixels. *Block*: the rectangle a
 * format stores as one (a JPEG 2000 tile, a GeoTIFF tile or strip); reading along blocks decodes nothing twice.
 */

import type { BlockPlace } from './block-places.js';
import type { ByteRange } from './byte-ranges.js';
import type { WantedPixels } from './wanted-pixels.js';

export type PixelType = 'uint8' | 'int8' | 'uint16' | 'int16' | 'uint32' | 'int32' | 'float32' | 'float64';

export type PixelArray =
  Uint8Array | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array | Float32Array | Float64Array;

/** The array type that holds pixels of each type. */
export const PIXEL_ARRAYS = {
  uint8: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  uint32: Uint32Array,
  int32: Int32Array,
  float32: Float32Array,
  float64: Float64Array,
} as const;

/** Pixels of a type: a number of new ones, or a view of memory that holds them (all of it, or `length` from a byte on). */
export function pixelArray(
  type: PixelType,
  of: number | ArrayBufferLike,
  byteOffset?: number,
  length?: number,
): PixelArray {
  const PixelArrayOfType = PIXEL_ARRAYS[type] as new (
    of: number | ArrayBufferLike,
    byteOffset?: number,
    length?: number,
  ) => PixelArray;
  return new PixelArrayOfType(of, byteOffset, length);
}

/** A north-up grid in a CRS that EPSG numbers. `stepX` > 0, `stepY` < 0, in units of the CRS; origin: outer corner, upper left. */
export interface RasterGrid {
  readonly epsg: number;
  readonly width: number;
  readonly height: number;
  readonly originX: number;
  readonly originY: number;
  readonly stepX: number;
  readonly stepY: number;
}

export interface Window {
  readonly column: number;
  readonly row: number;
  readonly width: number;
  readonly height: number;
}

/** Where a window's pixels go: row `r`, column `c` of the window lands at `pixels[offset + r * stride + c]`. */
export interface Target {
  readonly pixels: PixelArray;
  readonly offset: number;
  readonly stride: number;
}

/** Finds some blocks of a file of which only parts are there. */
export interface Seek {
  /**
   * The bytes to fetch and look at next; undefined when all blocks are found.
   * @throws NotFetched where they do not lie as they must for that
   */
  next(): ByteRange | undefined;
}

/** An open raster file. Not safe for two reads at a time: each thread opens its own. */
export interface Raster {
  readonly path: string;
  readonly format: 'JPEG 2000' | 'GeoTIFF' | 'ENVI';
  readonly grid: RasterGrid;
  readonly bandCount: number;
  readonly pixelType: PixelType;
  /** The file's own no-data value, besides the rule that 0 and NaN are no-data. */
  readonly noData: number | undefined;
  /** The file bears a mask of its own. Pixels that it leaves out are read as 0, which is no-data whatever the file declares. */
  readonly isMasked?: boolean;
  /** Size of a block; the first block starts at pixel (0, 0). */
  readonly block: { readonly width: number; readonly height: number };
  /** True where pixels lie uncompressed in the file, so that reading a window twice costs next to nothing. */
  readonly flat: boolean;
  /** Whether the header says where each block lies; else one is found after the other, each by the one before. */
  readonly isListed: boolean;
  /** What people should know of how the file was read: sentences about contradictions, and how they were decided. */
  readonly notes?: readonly string[];
  /**
   * Writes the window's pixels of band `band` (1-based) into `target`, whose array matches `pixelType`. The window must
   * lie inside the grid.
   * @param wanted the pixels that will be looked at, by default all of them: what is written for others may be anything
   * @throws RasterError naming the file when the pixels can't be read.
   */
  readWindow(band: number, window: Window, target: Target, wanted?: WantedPixels): Promise<void>;
  /**
   * The bytes of the file that `readWindow` reads for a window, besides those that were read to open it.
   * @throws RasterError as `readWindow`
   */
  rangesOf(band: number, window: Window): ByteRange[];
  /**
   * Of a file that is not whole and not listed: finds the blocks under windows where they may lie, side by side. Undefined or
   * left out where that can't be guessed.
   */
  seek?(windows: readonly Window[]): readonly Seek[] | undefined;
  /** Where blocks lie that the header does not list, as far as they are found. */
  places?(): BlockPlace[];
  close(): Promise<void>;
}

/** A raster file that is truncated, damaged, or of a kind that can't be read; `message` names the file and says what is wrong. */
export class RasterError extends Error {
  override readonly name = 'RasterError';
  constructor(
    readonly path: string,
    problem: string,
    options?: ErrorOptions,
  ) {
    super(`${path}: ${problem}`, options);
  }
}
