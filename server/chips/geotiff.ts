/** A chip as a GeoTIFF: baseline TIFF 6.0 in one strip, without compression, and the tags of GeoTIFF 1.1 (OGC 19-008r4). */
import { isGeographic, type PixelType } from '../../rasters/index.js';
import type { Chip } from './chip.js';

/** Field types by their number in the file, and bytes of one value. */
const FIELD = { ascii: [2, 1], short: [3, 2], long: [4, 4], double: [12, 8] } as const;

interface Field {
  readonly tag: number;
  readonly type: keyof typeof FIELD;
  readonly values: readonly number[];
}

/** Little-endian, the number of TIFF, and where the directory lies. */
const HEAD = Buffer.from([0x49, 0x49, 42, 0, 8, 0, 0, 0]);

export function chipFile({ grid, pixelType, noData, pixels }: Chip): Buffer {
  const data = Buffer.from(pixels.buffer, pixels.byteOffset, pixels.byteLength);
  const fieldsAt = (offset: number): Field[] => [
    { tag: 256, type: 'long', values: [grid.width] },
    { tag: 257, type: 'long', values: [grid.height] },
    { tag: 258, type: 'short', values: [8 * pixels.BYTES_PER_ELEMENT] },
    { tag: 259, type: 'short', values: [1] },
    { tag: 262, type: 'short', values: [1] },
    { tag: 273, type: 'long', values: [offset] },
    { tag: 277, type: 'short', values: [1] },
    { tag: 278, type: 'long', values: [grid.height] },
    { tag: 279, type: 'long', values: [data.length] },
    { tag: 339, type: 'short', values: [sampleFormat(pixelType)] },
    { tag: 33550, type: 'double', values: [grid.stepX, -grid.stepY, 0] },
    { tag: 33922, type: 'double', values: [0, 0, 0, grid.originX, grid.originY, 0] },
    { tag: 34735, type: 'short', values: geoKeys(grid.epsg) },
    { tag: 42113, type: 'ascii', values: [...Buffer.from(`${noDataText(noData)}\0`)] },
  ];
  const start = HEAD.length + directory(fieldsAt(0)).length;
  return Buffer.concat([HEAD, directory(fieldsAt(start)), data]);
}

/** Unsigned, signed, floating. */
function sampleFormat(type: PixelType): number {
  if (type.startsWith('float')) return 3;
  return type.startsWith('u') ? 1 : 2;
}

const noDataText = (value: number): string => (Number.isNaN(value) ? 'nan' : String(value));

/** Kind of CRS, pixels as areas, and the CRS by its EPSG number: projected, or in longitude and latitude. */
function geoKeys(epsg: number): number[] {
  const [model, key] = isGeographic(epsg) ? ([2, 2048] as const) : ([1, 3072] as const);
  return [1, 1, 1, 3, 1024, 0, 1, model, 1025, 0, 1, 1, key, 0, 1, epsg];
}

/** The image's directory as it stands behind the head; values of more than four bytes follow it. */
function directory(fields: readonly Field[]): Buffer {
  const entries = Buffer.alloc(2 + 12 * fields.length + 4);
  entries.writeUInt16LE(fields.length, 0);
  const behind: Buffer[] = [];
  let free = HEAD.length + entries.length;
  for (const [i, { tag, type, values }] of fields.entries()) {
    const at = 2 + 12 * i;
    const bytes = bytesOf(type, values);
    entries.writeUInt16LE(tag, at);
    entries.writeUInt16LE(FIELD[type][0], at + 2);
    entries.writeUInt32LE(values.length, at + 4);
    if (bytes.length <= 4) {
      bytes.copy(entries, at + 8);
      continue;
    }
    entries.writeUInt32LE(free, at + 8);
    // Values begin at even bytes.
    behind.push(bytes, Buffer.alloc(bytes.length % 2));
    free += bytes.length + (bytes.length % 2);
  }
  return Buffer.concat([entries, ...behind]);
}

function bytesOf(type: Field['type'], values: readonly number[]): Buffer {
  const [, size] = FIELD[type];
  const bytes = Buffer.alloc(size * values.length);
  for (const [i, value] of values.entries()) {
    if (type === 'double') bytes.writeDoubleLE(value, i * size);
    else bytes.writeUIntLE(value, i * size, size);
  }
  return bytes;
}
