/** The directories of a TIFF file: tags, their values, and GeoKeys, as the geotiff package reads them. */
import { GeoTIFF, type ImageFileDirectory } from 'geotiff';
import { Damage } from '../damage.js';
import type { ByteSource } from '../file-source.js';
import { NotFetched } from '../partial-file.js';
import { Unsupported } from '../unsupported.js';
import { GeoKeys } from './geo-keys.js';
import { HeaderSource, type TagName } from './header-source.js';

export class Directory {
  /** By the package's names. */
  private readonly tags: Readonly<Record<string, unknown>>;

  private constructor(
    private readonly parsed: ImageFileDirectory,
    readonly littleEndian: boolean,
  ) {
    this.tags = parsed.toObject();
  }

  /**
   * All directories of a file, in order; the first is the image itself, overviews and masks come after it.
   * @throws Damage for a file that is no TIFF or leads nowhere; Unsupported for one of very many directories or large tags.
   */
  static async readAll(source: ByteSource): Promise<[Directory, ...Directory[]]> {
    const directories: Directory[] = [];
    try {
      const header = new HeaderSource(source);
      // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- the package exports no BaseSource
      const tiff = await GeoTIFF.fromSource(header);
      // What the package reads later, on demand, it reads as little-endian whatever the file says (3.0, DeferredArray).
      tiff.parser.eager = true;
      for (let place = tiff.firstIFDOffset; place !== 0;) {
        header.admit(place, tiff);
        const parsed = await tiff.requestIFD(directories.length);
        directories.push(new Directory(parsed, tiff.littleEndian));
        place = parsed.nextIFDByteOffset;
      }
    } catch (error) {
      throw problemOf(error);
    }
    const [image, ...rest] = directories;
    if (image === undefined) throw new Damage('has no image');
    return [image, ...rest];
  }

  has(tag: TagName): boolean {
    return tag in this.tags;
  }

  /** All values of a tag, or undefined when there is none, or none of numbers. */
  numbers(tag: TagName): ArrayLike<number> | undefined {
    const value = this.tags[tag];
    if (typeof value === 'number') return [value];
    return Array.isArray(value) || ArrayBuffer.isView(value) ? (value as ArrayLike<number>) : undefined;
  }

  /** The first value of a tag. */
  number(tag: TagName): number | undefined {
    return this.numbers(tag)?.[0];
  }

  /** The text of a tag, with the NULs in it and at its end. */
  text(tag: TagName): string | undefined {
    const bytes = this.numbers(tag);
    return bytes && Buffer.from(Array.from(bytes)).toString('latin1');
  }

  /** @throws Damage for a key that leads beyond its tag. */
  geoKeys(): GeoKeys {
    return GeoKeys.of(this.parsed);
  }
}

/** The package's own errors in the words of someone who looks at a file. */
function problemOf(error: unknown): unknown {
  const isTold = error instanceof Damage || error instanceof Unsupported || error instanceof NotFetched;
  if (!(error instanceof Error) || isTold || 'syscall' in error) return error;
  const { message } = error;
  const says = /byte order|magic number/.test(message)
    ? 'is not a TIFF file'
    : /bounds of the DataView|MAX_SAFE_INTEGER/.test(message)
      ? 'the file is truncated, or its header leads nowhere'
      : `has a header that can't be read (${message})`;
  return new Damage(says, { cause: error });
}
