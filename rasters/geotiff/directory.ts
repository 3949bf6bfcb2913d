/**
 * The first directory of a TIFF file: tags, their values, and GeoKeys, as the geotiff package parses them.
 *
 * Overviews and masks of a Cloud Optimized GeoTIFF lie in later directories; the first is the image itself.
 */
import { GeoTIFF, registerTag } from 'geotiff';
import { Damage } from '../damage.js';
import type { ByteSource } from '../file-source.js';
import { HeaderSource } from './header-source.js';

/**
 * What the package reads later, on demand, it reads as little-endian whatever the file says (geotiff 3.0, DeferredArray),
 * and reserves memory by the file's word. Tags that are registered as eager it reads with the directory, and right.
 */
const EAGER_TAGS = [
  [273, 'StripOffsets', 'LONG', true],
  [279, 'StripByteCounts', 'LONG', true],
  [324, 'TileOffsets', 'LONG', true],
  [325, 'TileByteCounts', 'LONG', true],
  [266, 'FillOrder', 'SHORT', false],
  [317, 'Predictor', 'SHORT', false],
] as const;
for (const [tag, name, type, isArray] of EAGER_TAGS) registerTag(tag, name, type, isArray, true);

export type TagName =
  | (typeof EAGER_TAGS)[number][1]
  | 'ImageWidth'
  | 'ImageLength'
  | 'BitsPerSample'
  | 'Compression'
  | 'SamplesPerPixel'
  | 'RowsPerStrip'
  | 'PlanarConfiguration'
  | 'TileWidth'
  | 'TileLength'
  | 'SampleFormat'
  | 'ModelPixelScale'
  | 'ModelTiepoint'
  | 'ModelTransformation'
  | 'GDAL_NODATA'
  | 'LercParameters';

export class Directory {
  private constructor(
    readonly littleEndian: boolean,
    private readonly tags: ReadonlyMap<string, unknown>,
    /** By the package's names, such as `ProjectedCSTypeGeoKey`; codes are numbers, citations text. */
    readonly geoKeys: ReadonlyMap<string, unknown>,
  ) {}

  /** @throws Damage for a file that is no TIFF, or has a header or directory that can't be read. */
  static async read(source: ByteSource): Promise<Directory> {
    try {
      // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- the package exports no BaseSource
      const tiff = await GeoTIFF.fromSource(new HeaderSource(source));
      const image = await tiff.getImage();
      const tags = Object.entries(image.getFileDirectory().toObject());
      const keys = Object.entries(image.getGeoKeys() ?? {});
      return new Directory(tiff.littleEndian, new Map(tags), new Map(keys));
    } catch (error) {
      if (!(error instanceof Error) || error instanceof Damage || 'syscall' in error) throw error;
      throw new Damage(problemOf(error.message), { cause: error });
    }
  }

  has(tag: TagName): boolean {
    return this.tags.has(tag);
  }

  /** All values of a tag, or undefined when there is none. */
  numbers(tag: TagName): ArrayLike<number> | undefined {
    const value = this.tags.get(tag);
    if (typeof value === 'number') return [value];
    // The package gives a plain array for 64-bit integers and a typed one for the rest.
    return Array.isArray(value) || ArrayBuffer.isView(value) ? (value as ArrayLike<number>) : undefined;
  }

  /** The first value of a tag. */
  number(tag: TagName): number | undefined {
    return this.numbers(tag)?.[0];
  }

  /** An ASCII tag without the NUL it ends with. */
  text(tag: TagName): string | undefined {
    const value = this.tags.get(tag);
    return typeof value === 'string' ? value.replace(/\0+$/, '') : undefined;
  }
}

/** The package's errors in the words of someone who looks at a file. */
function problemOf(message: string): string {
  if (/byte order|magic number/.test(message)) return `is not a TIFF file (${message})`;
  if (message.includes('bounds of the DataView'))
    return 'the file is truncated, or its header leads nowhere: it ends within its directory or a tag';
  return `has a header that can't be read (${message})`;
}
