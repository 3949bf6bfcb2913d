/**
 * Rows in PostgreSQL's binary COPY format, packed into one buffer a chunk (PostgreSQL documentation, COPY, "Binary
 * Format"): a header, for each row the number of fields and for each field its length and bytes, big-endian, a trailer.
 * Plain functions on bytes; threads pack and only the buffer travels.
 */
import { histogramJson } from './histogram-json.js';
import { type StatisticColumn, STATISTIC_COLUMNS } from './statistic-columns.js';

/** Signature, flags and the length of the header's extension. */
const HEADER = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
const TRAILER = Buffer.from([0xff, 0xff]);

/** A COPY body that grows. */
export class CopyBody {
  private bytes: Buffer;
  private view: DataView;
  private length = HEADER.length;
  private count = 0;

  /** `capacity`: bytes to begin with; a row of CbM's results table takes 89. */
  constructor(capacity = 1 << 16) {
    this.bytes = Buffer.allocUnsafe(Math.max(capacity, HEADER.length + TRAILER.length));
    this.view = viewOf(this.bytes);
    HEADER.copy(this.bytes);
  }

  /** Rows packed so far. */
  get rows(): number {
    return this.count;
  }

  /** Makes room for `size` bytes of `rows` rows and returns where they begin. */
  claim(size: number, rows: number): { bytes: Uint8Array; view: DataView; offset: number } {
    const offset = this.length;
    const needed = offset + size + TRAILER.length;
    if (needed > this.bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, this.bytes.length * 2));
      this.bytes.copy(larger, 0, 0, offset);
      this.bytes = larger;
      this.view = viewOf(larger);
    }
    this.length += size;
    this.count += rows;
    return { bytes: this.bytes, view: this.view, offset };
  }

  /** Header, rows and trailer, ready to be copied. Rows packed later are not in it. */
  finish(): Buffer {
    TRAILER.copy(this.bytes, this.length);
    return this.bytes.subarray(0, this.length + TRAILER.length);
  }
}

/** A band's rows of many parcels. */
export interface BandRows {
  readonly obsid: number;
  /** Name as it stands in the results, at most three letters. */
  readonly band: string;
  readonly pids: Int32Array;
  /** Those of one parcel after those of another, each in the order of `names`. */
  readonly statistics: Float64Array;
  /** CbM's eight, which is all by default, and then others. */
  readonly names?: readonly StatisticColumn[] | undefined;
  /** Indices of the parcels to pack; by default all whose count is above 0. */
  readonly which?: Uint32Array | readonly number[] | undefined;
}

/** What a table takes of the statistics. */
export interface StatisticsOf {
  /** 4 where they are `real`, as CbM's are, 8 where they are `double precision`. */
  readonly statBytes: 4 | 8;
  /** Columns that rows are packed for, in the order of the COPY that takes them. */
  readonly statistics: readonly StatisticColumn[];
}

const CBM_TABLE: StatisticsOf = { statBytes: 4, statistics: STATISTIC_COLUMNS };

/**
 * Packs (pid, obsid, band, and those of the statistics that the table has columns for), and returns the number of rows. A
 * number that there is not (the skewness of a single value) is NULL.
 */
export function packSignatures(
  body: CopyBody,
  rows: BandRows,
  { statBytes, statistics: columns }: StatisticsOf = CBM_TABLE,
): number {
  const { obsid, pids, statistics, names = STATISTIC_COLUMNS } = rows;
  const stride = names.length;
  const which = rows.which ? Uint32Array.from(rows.which) : withPixels(pids.length, statistics, stride);
  const places = Uint8Array.from(columns, (column) => placeOf(column, names));
  const band = Buffer.from(rows.band, 'utf8');
  const rowSize = 2 + 8 + 8 + 4 + band.length + places.length * (4 + statBytes);
  const absent = absentIn(which, statistics, stride, places);
  const { view, offset } = body.claim(rowSize * which.length - absent * statBytes, which.length);
  let at = offset;
  for (const parcel of which) {
    view.setInt16(at, 3 + places.length);
    view.setInt32(at + 2, 4);
    view.setInt32(at + 6, pids[parcel]!);
    view.setInt32(at + 10, 4);
    view.setInt32(at + 14, obsid);
    view.setInt32(at + 18, band.length);
    let field = at + 22;
    for (const letter of band) view.setUint8(field++, letter);
    const first = parcel * stride;
    for (const place of places) {
      const value = statistics[first + place]!;
      if (absent > 0 && place >= ALWAYS && Number.isNaN(value)) {
        view.setInt32(field, NULL);
        field += 4;
        continue;
      }
      view.setInt32(field, statBytes);
      if (statBytes === 4) view.setFloat32(field + 4, value);
      else view.setFloat64(field + 4, value);
      field += 4 + statBytes;
    }
    at = field;
  }
  return which.length;
}

/** CbM's eight come first, and a parcel with pixels has them all: NaN among them is of a pixel that is infinite. */
const ALWAYS = STATISTIC_COLUMNS.length;
/** The length of a field that is NULL. */
const NULL = -1;

/** @throws RangeError where a column has not been measured. */
function placeOf(column: StatisticColumn, names: readonly StatisticColumn[]): number {
  const place = names.indexOf(column);
  if (place === -1) throw new RangeError(`${column} was not measured: there are ${names.join(', ')}`);
  return place;
}

/** How many of the numbers that are wanted there are not. */
function absentIn(which: Uint32Array, statistics: Float64Array, stride: number, places: Uint8Array): number {
  let absent = 0;
  for (const place of places.filter((one) => one >= ALWAYS))
    for (const parcel of which) if (Number.isNaN(statistics[parcel * stride + place]!)) absent++;
  return absent;
}

/**
 * Packs (pid, obsid, hist): the pixels of each class as JSON.
 * @param pixels how many there are of each class, by its number from 0 on; see `histogramJson`.
 * @param jsonb is sent with its format's version in front.
 */
export function packHistogram(
  body: CopyBody,
  pid: number,
  obsid: number,
  pixels: ArrayLike<number>,
  jsonb = false,
): void {
  const text = histogramJson(pixels);
  const prefix = jsonb ? 1 : 0;
  const { bytes, view, offset } = body.claim(2 + 8 + 8 + 4 + prefix + text.length, 1);
  view.setInt16(offset, 3);
  view.setInt32(offset + 2, 4);
  view.setInt32(offset + 6, pid);
  view.setInt32(offset + 10, 4);
  view.setInt32(offset + 14, obsid);
  view.setInt32(offset + 18, prefix + text.length);
  if (jsonb) view.setUint8(offset + 22, 1);
  bytes.set(text, offset + 22 + prefix);
}

function withPixels(parcels: number, statistics: Float64Array, stride: number): Uint32Array {
  const found = new Uint32Array(parcels);
  let length = 0;
  for (let i = 0; i < parcels; i++) if (statistics[i * stride]! > 0) found[length++] = i;
  return found.subarray(0, length);
}

function viewOf(buffer: Buffer): DataView {
  return new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
}
