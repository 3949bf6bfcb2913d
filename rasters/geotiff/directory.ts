/**
 * The directories of a TIFF file (TIFF 6.0 section 2, BigTIFF): which tags an image has, and their values. Values are read
 * when they are asked for; nothing is read or reserved by a count that the file is too short for.
 */
import { Damage } from '../damage.js';
import type { ByteSource } from '../file-source.js';
import { Unsupported } from '../unsupported.js';

/** The tags that are looked at. */
const TAGS = {
  NewSubfileType: 254,
  ImageWidth: 256,
  ImageLength: 257,
  BitsPerSample: 258,
  Compression: 259,
  FillOrder: 266,
  StripOffsets: 273,
  SamplesPerPixel: 277,
  RowsPerStrip: 278,
  StripByteCounts: 279,
  PlanarConfiguration: 284,
  Predictor: 317,
  TileWidth: 322,
  TileLength: 323,
  TileOffsets: 324,
  TileByteCounts: 325,
  ExtraSamples: 338,
  SampleFormat: 339,
  ModelPixelScale: 33550,
  ModelTiepoint: 33922,
  ModelTransformation: 34264,
  GeoKeyDirectory: 34735,
  GeoDoubleParams: 34736,
  GeoAsciiParams: 34737,
  GDAL_NODATA: 42113,
  LercParameters: 50674,
} as const;

export type TagName = keyof typeof TAGS;

/** libtiff's own limit for BigTIFF; files of cameras have some hundred. */
const MAX_TAGS = 4096;
/** Image, overviews and masks are some twenty; more is a file of many pages. */
const MAX_DIRECTORIES = 1024;
/** Values of one tag: the places of eight million tiles fit. */
const MAX_VALUE_BYTES = 64 << 20;
const MAX_TEXT_BYTES = 1 << 16;

const ASCII = 2;

/** By the number of the field type: bytes a value, and how it is read. Rationals and what is unknown are not. */
const NUMBERS: Readonly<
  Record<number, readonly [size: number, read: (view: DataView, at: number, little: boolean) => number]>
> = {
  1: [1, (view, at) => view.getUint8(at)],
  3: [2, (view, at, little) => view.getUint16(at, little)],
  4: [4, (view, at, little) => view.getUint32(at, little)],
  6: [1, (view, at) => view.getInt8(at)],
  7: [1, (view, at) => view.getUint8(at)],
  8: [2, (view, at, little) => view.getInt16(at, little)],
  9: [4, (view, at, little) => view.getInt32(at, little)],
  11: [4, (view, at, little) => view.getFloat32(at, little)],
  12: [8, (view, at, little) => view.getFloat64(at, little)],
  13: [4, (view, at, little) => view.getUint32(at, little)],
  16: [8, (view, at, little) => Number(view.getBigUint64(at, little))],
  17: [8, (view, at, little) => Number(view.getBigInt64(at, little))],
  18: [8, (view, at, little) => Number(view.getBigUint64(at, little))],
};

interface Entry {
  readonly type: number;
  readonly count: number;
  /** The entry's own place for values, which holds them or says where they lie. */
  readonly value: DataView;
}

/** Header of the file: the order of its bytes, and whether places take 4 bytes or 8. */
interface Shape {
  readonly littleEndian: boolean;
  readonly big: boolean;
}

export class Directory {
  private constructor(
    private readonly source: ByteSource,
    private readonly shape: Shape,
    private readonly entries: ReadonlyMap<number, Entry>,
  ) {}

  /**
   * All directories of a file, in order; the first is the image itself, overviews and masks come after it.
   * @throws Damage for a file that is no TIFF or leads nowhere; Unsupported for one of very many directories.
   */
  static readAll(source: ByteSource): [Directory, ...Directory[]] {
    const { shape, first } = readHeader(source);
    const directories: Directory[] = [];
    const seen = new Set<number>();
    for (let at = first; at !== 0;) {
      if (seen.has(at)) throw new Damage('has directories that lead in a circle');
      if (seen.size === MAX_DIRECTORIES)
        throw new Unsupported(`has more than ${MAX_DIRECTORIES} directories`);
      seen.add(at);
      const { entries, next } = readEntries(source, shape, at);
      directories.push(new Directory(source, shape, entries));
      at = next;
    }
    const [image, ...rest] = directories;
    if (image === undefined) throw new Damage('has no image');
    return [image, ...rest];
  }

  get littleEndian(): boolean {
    return this.shape.littleEndian;
  }

  has(tag: TagName): boolean {
    return this.entries.has(TAGS[tag]);
  }

  /** All values of a tag, or undefined when there is none, or none of numbers. */
  numbers(tag: TagName): Float64Array | undefined {
    const entry = this.entries.get(TAGS[tag]);
    const field = entry && NUMBERS[entry.type];
    if (entry === undefined || field === undefined) return undefined;
    const [size, read] = field;
    const view = this.values(entry, size, MAX_VALUE_BYTES);
    const numbers = new Float64Array(entry.count);
    for (let i = 0; i < entry.count; i++) numbers[i] = read(view, i * size, this.littleEndian);
    return numbers;
  }

  /** The first value of a tag. */
  number(tag: TagName): number | undefined {
    return this.numbers(tag)?.[0];
  }

  /** The text of a tag, with the NULs in it and at its end. */
  text(tag: TagName): string | undefined {
    const entry = this.entries.get(TAGS[tag]);
    if (entry?.type !== ASCII) return undefined;
    const { buffer, byteOffset } = this.values(entry, 1, MAX_TEXT_BYTES);
    return Buffer.from(buffer, byteOffset, entry.count).toString('latin1');
  }

  private values({ count, value }: Entry, size: number, limit: number): DataView {
    const bytes = count * size;
    if (bytes <= value.byteLength) return value;
    if (bytes > limit) throw new Unsupported(`has a tag of ${bytes} bytes; at most ${limit} are read`);
    return viewOf(this.source.read(place(value, 0, this.shape), bytes));
  }
}

function readHeader(source: ByteSource): { shape: Shape; first: number } {
  const head = viewOf(source.read(0, 8));
  const order = head.getUint16(0);
  const littleEndian = order === 0x4949;
  const version = head.getUint16(2, littleEndian);
  if ((!littleEndian && order !== 0x4d4d) || (version !== 42 && version !== 43))
    throw new Damage('is not a TIFF file');
  const shape = { littleEndian, big: version === 43 };
  const first = shape.big ? place(viewOf(source.read(8, 8)), 0, shape) : place(head, 4, shape);
  return { shape, first };
}

function readEntries(
  source: ByteSource,
  shape: Shape,
  at: number,
): { entries: Map<number, Entry>; next: number } {
  const { littleEndian, big } = shape;
  const countBytes = big ? 8 : 2;
  const placeBytes = big ? 8 : 4;
  const entryBytes = 4 + 2 * placeBytes;
  const head = viewOf(source.read(at, countBytes));
  const count = big ? place(head, 0, shape) : head.getUint16(0, littleEndian);
  if (count > MAX_TAGS)
    throw new Unsupported(`has a directory of ${count} tags; at most ${MAX_TAGS} are read`);
  const bytes = source.read(at + countBytes, count * entryBytes + placeBytes);
  const view = viewOf(bytes);
  const entries = new Map<number, Entry>();
  for (let i = 0; i < count; i++) {
    const from = i * entryBytes;
    const tag = view.getUint16(from, littleEndian);
    // Of a tag that stands there twice, libtiff takes the first.
    if (entries.has(tag)) continue;
    entries.set(tag, {
      type: view.getUint16(from + 2, littleEndian),
      count: place(view, from + 4, shape),
      value: viewOf(bytes.subarray(from + 4 + placeBytes, from + entryBytes)),
    });
  }
  return { entries, next: place(view, count * entryBytes, shape) };
}

/** A count or a place in the file: 4 bytes, or 8 of BigTIFF. */
function place(view: DataView, at: number, { littleEndian, big }: Shape): number {
  return big ? Number(view.getBigUint64(at, littleEndian)) : view.getUint32(at, littleEndian);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
