/** An ENVI header: `key = value` lines, values in braces going over several lines, keys in any case. */
import { noDataOf } from './no-data.js';
import { RasterError, type PixelType } from './raster.js';
import { asRefusal } from './refusal.js';
import { Unsupported } from './unsupported.js';

export type Interleave = 'bsq' | 'bil' | 'bip';

/**
 * What the header says of the file beside it.
 * @internal
 */
export interface EnviHeader {
  readonly width: number;
  readonly height: number;
  readonly bandCount: number;
  readonly pixelType: PixelType;
  readonly littleEndian: boolean;
  readonly interleave: Interleave;
  /** Bytes before the first pixel. */
  readonly offset: number;
  readonly noData: number | undefined;
  readonly mapInfo: readonly string[];
  readonly wkt: string | undefined;
}

/** Headers of hundreds of bands, with a name and wavelength for each, have some tens of thousands of bytes. */
export const MAX_HEADER_BYTES = 1 << 20;
/** Pixels of a side. */
const MAX_SIDE = 2 ** 24;
const MAX_BANDS = 65_536;

/** ENVI's data types; complex numbers (6, 9) and 64-bit integers (14, 15) are not pixels that statistics are made of. */
const PIXEL_TYPES: ReadonlyMap<string, PixelType> = new Map([
  ...([
    ['1', 'uint8'],
    ['2', 'int16'],
    ['3', 'int32'],
    ['4', 'float32'],
    ['5', 'float64'],
  ] as const),
  ...([
    ['12', 'uint16'],
    ['13', 'uint32'],
  ] as const),
]);

/**
 * @throws RasterError naming the header and the field that is missing or wrong.
 * @internal
 */
export function parseEnviHeader(path: string, text: string): EnviHeader {
  try {
    return read(new EnviFields(path, text));
  } catch (error) {
    throw asRefusal(path, error);
  }
}

function read(fields: EnviFields): EnviHeader {
  const dataType = fields.text('data type') ?? '';
  const pixelType = PIXEL_TYPES.get(dataType);
  if (pixelType === undefined) throw new Unsupported(`has data type '${dataType}'`);
  const interleave = (fields.text('interleave') ?? 'bsq').toLowerCase();
  if (interleave !== 'bsq' && interleave !== 'bil' && interleave !== 'bip')
    throw new Unsupported(`has interleave '${interleave}', which is none of bsq, bil, bip`);
  if (fields.count('file compression', 0) !== 0)
    throw new Unsupported('says the file is compressed; unpack it');
  for (const key of ['major frame offsets', 'minor frame offsets'])
    if (fields.list(key).some((bytes) => Number(bytes) !== 0))
      throw new Unsupported(`has '${key}', bytes between the pixels; rewrite it by gdal_translate -of ENVI`);

  const wkt = fields.text('coordinate system string');
  return {
    width: fields.size('samples', MAX_SIDE),
    height: fields.size('lines', MAX_SIDE),
    bandCount: fields.size('bands', MAX_BANDS),
    pixelType,
    littleEndian: readByteOrder(fields, pixelType),
    interleave,
    offset: fields.count('header offset', 0),
    noData: noDataOf(fields.list('data ignore value').join(' '), pixelType),
    mapInfo: fields.list('map info'),
    wkt: wkt === '' ? undefined : wkt,
  };
}

/** Without a word for it nothing tells right numbers from wrong ones, but for single bytes. */
function readByteOrder(fields: EnviFields, pixelType: PixelType): boolean {
  const written = fields.text('byte order');
  if (written === undefined && pixelType !== 'uint8')
    throw new RasterError(fields.path, "has no 'byte order'");
  if (written !== undefined && written !== '0' && written !== '1')
    throw new RasterError(fields.path, `has byte order '${written}', not 0 or 1`);
  return written !== '1';
}

/** Values by key in lower case, without their outer braces. */
class EnviFields {
  private readonly values: ReadonlyMap<string, string>;

  /** @throws RasterError for a text that is no header, or too long for one */
  constructor(
    readonly path: string,
    text: string,
  ) {
    if (text.length > MAX_HEADER_BYTES)
      throw new RasterError(
        path,
        `has ${text.length} bytes; a header of at most ${MAX_HEADER_BYTES} is read`,
      );
    this.values = readFields(path, text);
  }

  text(key: string): string | undefined {
    return this.values.get(key);
  }

  list(key: string): string[] {
    const list = this.values.get(key);
    return list === undefined ? [] : list.split(',').map((item) => item.trim());
  }

  count(key: string, fallback?: number): number {
    const written = this.values.get(key);
    const value = written === undefined ? fallback : /^\d+$/.test(written) ? Number(written) : NaN;
    if (value === undefined) throw new RasterError(this.path, `has no '${key}'`);
    if (!Number.isSafeInteger(value))
      throw new RasterError(this.path, `has '${key}' ${written ?? ''}, not a count`);
    return value;
  }

  /** A count from 1 to `most`. */
  size(key: string, most: number): number {
    const value = this.count(key);
    if (value === 0 || value > most) throw new RasterError(this.path, `has '${key}' ${value}`);
    return value;
  }
}

function readFields(path: string, text: string): Map<string, string> {
  const lines = text.replace(/^(\uFEFF|\xEF\xBB\xBF)/, '').split(/\r\n|\n|\r/);
  if (lines[0]?.trim().toUpperCase() !== 'ENVI')
    throw new RasterError(path, "is no ENVI header: it does not begin with 'ENVI'");
  const fields = new Map<string, string>();
  for (let at = 1; at < lines.length; at++) {
    const line = lines[at]!;
    const equals = line.indexOf('=');
    if (line.trimStart().startsWith(';') || equals < 0) continue;
    const key = line.slice(0, equals).trim().toLowerCase().replace(/\s+/g, ' ');
    const value = line.slice(equals + 1).trim();
    if (!value.startsWith('{')) {
      fields.set(key, value);
      continue;
    }
    const parts = [value];
    for (let part = value; !part.includes('}'); parts.push(part)) {
      at += 1;
      const next = lines[at];
      if (next === undefined) throw new RasterError(path, `has '${key}' with a brace that is never closed`);
      part = next.trim();
    }
    const joined = parts.join(' ');
    fields.set(key, joined.slice(1, joined.lastIndexOf('}')).trim());
  }
  return fields;
}
