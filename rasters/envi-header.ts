/** An ENVI header: `key = value` lines, values in braces going over several lines, keys in any case. */
import { RasterError, type PixelType } from './raster.js';

export type Interleave = 'bsq' | 'bil' | 'bip';

/** What the header says of the file beside it. */
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

/** ENVI's data types; complex numbers (6, 9) and 64-bit integers (14, 15) are not pixels that statistics are made of. */
const PIXEL_TYPES: Readonly<Record<string, PixelType>> = {
  ...{ 1: 'uint8', 2: 'int16', 3: 'int32', 4: 'float32', 5: 'float64', 12: 'uint16', 13: 'uint32' },
};

/** @throws RasterError naming the header and the field that is missing or wrong. */
export function parseEnviHeader(path: string, text: string): EnviHeader {
  const fields = readFields(path, text);
  const count = (key: string, fallback?: number): number => {
    const written = fields.get(key);
    const value = written === undefined ? fallback : Number(written);
    if (value === undefined) throw new RasterError(path, `has no '${key}'`);
    if (!Number.isInteger(value) || value < 0)
      throw new RasterError(path, `has '${key}' ${written ?? ''}, not a count`);
    return value;
  };
  const one = (key: string, fallback?: number): number => {
    const value = count(key, fallback);
    if (value === 0) throw new RasterError(path, `has '${key}' 0`);
    return value;
  };

  const dataType = fields.get('data type') ?? '';
  const pixelType = PIXEL_TYPES[dataType];
  if (pixelType === undefined)
    throw new RasterError(path, `has data type '${dataType}', which is not supported`);
  const interleave = (fields.get('interleave') ?? 'bsq').toLowerCase();
  if (interleave !== 'bsq' && interleave !== 'bil' && interleave !== 'bip') {
    throw new RasterError(path, `has interleave '${interleave}', which is none of bsq, bil, bip`);
  }
  const byteOrder = fields.get('byte order') ?? '0';
  if (byteOrder !== '0' && byteOrder !== '1')
    throw new RasterError(path, `has byte order '${byteOrder}', not 0 or 1`);
  if (count('file compression', 0) !== 0)
    throw new RasterError(path, 'says the file is compressed; unpack it');

  return {
    width: one('samples'),
    height: one('lines'),
    bandCount: one('bands', 1),
    pixelType,
    littleEndian: byteOrder === '0',
    interleave,
    offset: count('header offset', 0),
    noData: parseNumber(fields.get('data ignore value')),
    mapInfo: split(fields.get('map info')),
    wkt: fields.get('coordinate system string'),
  };
}

/** Values by key in lower case, without their outer braces. */
function readFields(path: string, text: string): Map<string, string> {
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/);
  if (lines[0]?.trim().toUpperCase() !== 'ENVI')
    throw new RasterError(path, "is no ENVI header: it does not begin with 'ENVI'");
  const fields = new Map<string, string>();
  for (let at = 1; at < lines.length; at++) {
    const line = lines[at]!;
    const equals = line.indexOf('=');
    if (line.trimStart().startsWith(';') || equals < 0) continue;
    const key = line.slice(0, equals).trim().toLowerCase().replace(/\s+/g, ' ');
    let value = line.slice(equals + 1).trim();
    if (value.startsWith('{')) {
      while (!value.endsWith('}')) {
        at += 1;
        const next = lines[at];
        if (next === undefined) throw new RasterError(path, `has '${key}' with a brace that is never closed`);
        value = `${value} ${next.trim()}`.trim();
      }
      value = value.slice(1, -1).trim();
    }
    fields.set(key, value);
  }
  return fields;
}

function split(list: string | undefined): string[] {
  return list === undefined ? [] : list.split(',').map((item) => item.trim());
}

function parseNumber(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  if (/^[+-]?nan$/i.test(text)) return NaN;
  const value = Number(text);
  return Number.isNaN(value) ? undefined : value;
}
