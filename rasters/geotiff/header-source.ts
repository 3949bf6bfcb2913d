/**
 * The file as the geotiff package is shown it, so that it reserves and reads no more than the limits here, whatever the
 * file claims: directories one by one, with the tags that are looked at, once each, of types that it reads right.
 */
import { globals, type GeoTIFF } from 'geotiff';
import { Damage } from '../damage.js';
import type { ByteSource } from '../file-source.js';
import { Unsupported } from '../unsupported.js';

/** Where blocks lie: the only tags that may be large. */
const LISTS = ['StripOffsets', 'StripByteCounts', 'TileOffsets', 'TileByteCounts'] as const;
/** The other tags that are looked at. */
const OTHERS = [
  ...(['NewSubfileType', 'ImageWidth', 'ImageLength', 'BitsPerSample', 'Compression'] as const),
  ...(['FillOrder', 'SamplesPerPixel', 'RowsPerStrip', 'PlanarConfiguration', 'Predictor'] as const),
  ...(['TileWidth', 'TileLength', 'ExtraSamples', 'SampleFormat', 'LercParameters', 'GDAL_NODATA'] as const),
  ...(['ModelPixelScale', 'ModelTiepoint', 'ModelTransformation'] as const),
  ...(['GeoKeyDirectory', 'GeoDoubleParams', 'GeoAsciiParams'] as const),
];

export type TagName = (typeof LISTS)[number] | (typeof OTHERS)[number];

/** libtiff's own limit for BigTIFF; files of cameras have some hundred. */
const MAX_TAGS = 4096;
/** Image, overviews and masks are some twenty; more is a file of many pages. */
const MAX_DIRECTORIES = 1024;
/** Of one list: the places of eight million tiles fit. */
const MAX_LIST_BYTES = 64 << 20;
/** All that GeoKeys can point at, and a thousand tie points. */
const MAX_OTHER_BYTES = 1 << 16;
/** All tags of all directories, which may share their values. */
const MAX_BYTES = 2 * MAX_LIST_BYTES;

const numbersOf = (names: readonly TagName[]): number[] => names.map((name) => globals.tags[name]!);
const LIMITS: ReadonlyMap<number, number> = new Map([
  ...numbersOf(LISTS).map((tag) => [tag, MAX_LIST_BYTES] as const),
  ...numbersOf(OTHERS).map((tag) => [tag, MAX_OTHER_BYTES] as const),
]);
const TEXTS: readonly number[] = numbersOf(['GDAL_NODATA', 'GeoAsciiParams']);

const { ASCII, BYTE, RATIONAL, SRATIONAL, SLONG8 } = globals.fieldTypes;
/** Rationals are no numbers that are looked at. Signed numbers of 8 bytes the package reads at a wrong place (3.0). */
const LEFT_OUT: readonly number[] = [RATIONAL, SRATIONAL, SLONG8];
const SIZES: Readonly<Record<number, number>> = globals.fieldTypeSizes;

interface Slice {
  readonly offset: number;
  readonly length: number;
}

/** A source by the package's interface (its `BaseSource`, which it doesn't export). */
export class HeaderSource {
  readonly #file: ByteSource;
  readonly #directories = new Map<number, ArrayBuffer>();
  #bytesLeft = MAX_BYTES;

  constructor(file: ByteSource) {
    this.#file = file;
  }

  /**
   * Makes the directory at `place` what the package will be shown there.
   * @throws Damage, Unsupported for one that was shown before, isn't there, or is larger than the limits
   */
  admit(place: number, { littleEndian, bigTiff }: Pick<GeoTIFF, 'littleEndian' | 'bigTiff'>): void {
    if (this.#directories.has(place)) throw new Damage('has directories that lead in a circle');
    if (this.#directories.size === MAX_DIRECTORIES)
      throw new Unsupported(`has more than ${MAX_DIRECTORIES} directories`);
    const countBytes = bigTiff ? 8 : 2;
    const placeBytes = bigTiff ? 8 : 4;
    const entryBytes = 4 + 2 * placeBytes;
    const number = (view: DataView, at: number): number =>
      bigTiff ? Number(view.getBigUint64(at, littleEndian)) : view.getUint32(at, littleEndian);

    const head = viewOf(this.#file.read(place, countBytes));
    const count = bigTiff ? number(head, 0) : head.getUint16(0, littleEndian);
    if (count > MAX_TAGS)
      throw new Unsupported(`has a directory of ${count} tags; at most ${MAX_TAGS} are read`);
    const entriesEnd = countBytes + count * entryBytes;
    const bytes = Uint8Array.from(this.#file.read(place, entriesEnd + placeBytes));
    this.#directories.set(place, bytes.buffer);
    const view = viewOf(bytes);
    const seen = new Set<number>();
    for (let at = countBytes; at < entriesEnd; at += entryBytes) {
      const tag = view.getUint16(at, littleEndian);
      const type = view.getUint16(at + 2, littleEndian);
      // Of a tag that stands there twice, libtiff takes the first.
      if (seen.has(tag) || !isRead(tag, type)) {
        // Tag 0, which there is not, of no bytes.
        bytes.fill(0, at, at + entryBytes);
        view.setUint16(at + 2, BYTE, littleEndian);
      } else {
        const length = SIZES[type]! * number(view, at + 4);
        this.#reserve(length, LIMITS.get(tag)!);
        if (length > placeBytes) this.#checkPlace(number(view, at + 4 + placeBytes));
        // Text is shown as bytes: the package decodes UTF-8, in which the places that GeoKeys have are not theirs.
        if (type === ASCII) view.setUint16(at + 2, BYTE, littleEndian);
      }
      seen.add(tag);
    }
  }

  #reserve(length: number, limit: number): void {
    const { size } = this.#file;
    if (length > size)
      throw new Damage(`the file is truncated: it has ${size} bytes, but a tag of ${length}`);
    if (length > limit) throw new Unsupported(`has a tag of ${length} bytes; at most ${limit} are read`);
    this.#bytesLeft -= length;
    if (this.#bytesLeft < 0) throw new Unsupported(`has tags of more than ${MAX_BYTES} bytes`);
  }

  /** Of values within a directory the package would be shown what is not in the file. */
  #checkPlace(place: number): void {
    for (const [start, { byteLength }] of this.#directories)
      if (place >= start && place < start + byteLength)
        throw new Damage('has a tag whose values lie within a directory');
  }

  get fileSize(): number {
    return this.#file.size;
  }

  async fetch(slices: readonly Slice[]): Promise<ArrayBufferLike[]> {
    return Promise.all(slices.map(async (slice) => (await this.fetchSlice(slice)).data));
  }

  /** An admitted directory, whatever length the package guesses; else the bytes of the file. @throws Damage */
  fetchSlice({ offset, length }: Slice): Promise<Slice & { data: ArrayBufferLike }> {
    const data = this.#directories.get(offset) ?? this.#read(offset, length);
    return Promise.resolve({ offset, length: data.byteLength, data });
  }

  #read(offset: number, length: number): ArrayBufferLike {
    // Of the file's head the package asks for more than small files have.
    const wanted = offset === 0 ? Math.min(length, Math.max(this.#file.size, 8)) : length;
    const bytes = this.#file.read(offset, wanted);
    const isWhole = bytes.byteLength === bytes.buffer.byteLength;
    return isWhole ? bytes.buffer : Uint8Array.from(bytes).buffer;
  }

  /** The file is closed by who opened it. */
  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** Whether a tag is looked at, and the package reads its type right. */
function isRead(tag: number, type: number): boolean {
  if (!LIMITS.has(tag) || LEFT_OUT.includes(type)) return false;
  return type === ASCII ? TEXTS.includes(tag) : type in SIZES;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
