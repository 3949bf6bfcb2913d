/**
 * The first directory of a TIFF file: tags and their values (TIFF 6.0 section 2; BigTIFF as LibTIFF specifies it).
 *
 * Overviews and masks of a Cloud Optimized GeoTIFF lie in later directories; the first is the image itself.
 */
import { Damage } from '../jpeg2000/damage.js';
import type { FileSource } from '../jpeg2000/source.js';

/** TIFF's tags that matter here. */
export const Tag = {
  imageWidth: 256,
  imageLength: 257,
  bitsPerSample: 258,
  compression: 259,
  fillOrder: 266,
  stripOffsets: 273,
  samplesPerPixel: 277,
  rowsPerStrip: 278,
  stripByteCounts: 279,
  planarConfiguration: 284,
  predictor: 317,
  tileWidth: 322,
  tileLength: 323,
  tileOffsets: 324,
  tileByteCounts: 325,
  sampleFormat: 339,
  modelPixelScale: 33550,
  modelTiepoint: 33922,
  modelTransformation: 34264,
  geoKeyDirectory: 34735,
  geoDoubleParams: 34736,
  geoAsciiParams: 34737,
  gdalNoData: 42113,
  lercParameters: 50674,
} as const;

/** Bytes of a value of each field type; RATIONAL and SRATIONAL (5, 10) are of no use here. */
const TYPE_BYTES: Readonly<Record<number, number>> = {
  ...{ 1: 1, 2: 1, 3: 2, 4: 4, 6: 1, 7: 1, 8: 2, 9: 4, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8 },
};
const ASCII = 2;

/** A directory with more entries, or a value of more bytes, than this is taken for damage. */
const MAX_ENTRIES = 4096;
const MAX_VALUE_BYTES = 256 << 20;

interface Entry {
  readonly type: number;
  readonly count: number;
  readonly position: number;
}

export class Directory {
  readonly littleEndian: boolean;
  readonly #source: FileSource;
  readonly #entries = new Map<number, Entry>();

  constructor(source: FileSource) {
    this.#source = source;
    const head = source.read(0, 16);
    const order = String.fromCharCode(head[0]!, head[1]!);
    if (order !== 'II' && order !== 'MM') throw new Damage('is not a TIFF file');
    this.littleEndian = order === 'II';
    const view = viewOf(head);
    const version = view.getUint16(2, this.littleEndian);
    if (version === 42) this.#readEntries(view.getUint32(4, this.littleEndian), false);
    else if (version === 43) this.#readEntries(Number(view.getBigUint64(8, this.littleEndian)), true);
    else throw new Damage('is not a TIFF file');
  }

  has(tag: number): boolean {
    return this.#entries.has(tag);
  }

  /** All values of a tag, or undefined when there is none. */
  numbers(tag: number): Float64Array | undefined {
    const entry = this.#entries.get(tag);
    if (entry === undefined) return undefined;
    const view = viewOf(this.#bytesOf(tag, entry));
    const read = READERS[entry.type];
    if (read === undefined)
      throw new Damage(`has tag ${tag} with field type ${entry.type}, which is not supported`);
    const step = TYPE_BYTES[entry.type]!;
    const values = new Float64Array(entry.count);
    for (let i = 0; i < values.length; i++) values[i] = read(view, i * step, this.littleEndian);
    return values;
  }

  /** The first value of a tag. */
  number(tag: number): number | undefined {
    return this.numbers(tag)?.[0];
  }

  /** An ASCII tag without the NUL it ends with. */
  text(tag: number): string | undefined {
    const entry = this.#entries.get(tag);
    if (entry?.type !== ASCII) return undefined;
    return new TextDecoder('latin1').decode(this.#bytesOf(tag, entry)).replace(/\0+$/, '');
  }

  #bytesOf(tag: number, { type, count, position }: Entry): Uint8Array {
    const bytes = count * (TYPE_BYTES[type] ?? 0);
    if (bytes > MAX_VALUE_BYTES)
      throw new Damage(`has tag ${tag} with ${count} values, which can't be right`);
    return this.#source.read(position, bytes);
  }

  /** Entries of 12 bytes (BigTIFF: 20); a value that fits stands in the entry, else its position does. */
  #readEntries(position: number, big: boolean): void {
    const le = this.littleEndian;
    const countBytes = big ? 8 : 2;
    const entryBytes = big ? 20 : 12;
    const countView = viewOf(this.#source.read(position, countBytes));
    const entries = big ? Number(countView.getBigUint64(0, le)) : countView.getUint16(0, le);
    if (entries === 0 || entries > MAX_ENTRIES) throw new Damage(`has a directory of ${entries} entries`);
    const first = position + countBytes;
    const view = viewOf(this.#source.read(first, entries * entryBytes));
    for (let i = 0; i < entries; i++) {
      const at = i * entryBytes;
      const type = view.getUint16(at + 2, le);
      const count = big ? Number(view.getBigUint64(at + 4, le)) : view.getUint32(at + 4, le);
      const valueAt = at + (big ? 12 : 8);
      const fits = count * (TYPE_BYTES[type] ?? 0) <= (big ? 8 : 4);
      const elsewhere = big ? Number(view.getBigUint64(valueAt, le)) : view.getUint32(valueAt, le);
      this.#entries.set(view.getUint16(at, le), {
        type,
        count,
        position: fits ? first + valueAt : elsewhere,
      });
    }
  }
}

type Reader = (view: DataView, at: number, littleEndian: boolean) => number;

const uint8: Reader = (view, at) => view.getUint8(at);
const uint32: Reader = (view, at, le) => view.getUint32(at, le);
const uint64: Reader = (view, at, le) => Number(view.getBigUint64(at, le));

const READERS: Readonly<Record<number, Reader>> = {
  1: uint8,
  2: uint8,
  3: (view, at, le) => view.getUint16(at, le),
  4: uint32,
  6: (view, at) => view.getInt8(at),
  7: uint8,
  8: (view, at, le) => view.getInt16(at, le),
  9: (view, at, le) => view.getInt32(at, le),
  11: (view, at, le) => view.getFloat32(at, le),
  12: (view, at, le) => view.getFloat64(at, le),
  13: uint32,
  16: uint64,
  17: (view, at, le) => Number(view.getBigInt64(at, le)),
  18: uint64,
};

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
