/** Writes GeoTIFF files: tiled, deflate, bands interleaved by pixel (TIFF 6.0 and GeoTIFF 1.1). */
import { deflateSync } from 'node:zlib';
import type { RasterGrid } from '../../rasters/index.js';

const TILE = 256;
const COMPRESSION_DEFLATE = 8;
/** Sample formats. */
const UNSIGNED = 1;
const FLOAT = 3;

type Pixels = Float32Array | Uint16Array | Uint8Array;

/** Types of TIFF fields and their size in bytes. */
const TYPES = { ascii: [2, 1], short: [3, 2], long: [4, 4], double: [12, 8] } as const;

interface Entry {
  readonly tag: number;
  readonly type: keyof typeof TYPES;
  readonly values: readonly number[];
}

/** The file's bytes, little-endian. Each of `bands` holds the grid's pixels row by row; all are of one type. */
export function geotiffFile(bands: readonly Pixels[], grid: RasterGrid): Buffer {
  const tiles: Buffer[] = [];
  for (let row = 0; row < grid.height; row += TILE) {
    for (let column = 0; column < grid.width; column += TILE) tiles.push(tileBytes(bands, grid, column, row));
  }
  const count = bands.length;
  const layout = (offsets: readonly number[]): Entry[] => [
    { tag: 256, type: 'long', values: [grid.width] },
    { tag: 257, type: 'long', values: [grid.height] },
    { tag: 258, type: 'short', values: bands.map((pixels) => 8 * pixels.BYTES_PER_ELEMENT) },
    { tag: 259, type: 'short', values: [COMPRESSION_DEFLATE] },
    { tag: 262, type: 'short', values: [1] }, // photometric interpretation: black is zero
    { tag: 277, type: 'short', values: [count] },
    { tag: 284, type: 'short', values: [1] }, // planar configuration: interleaved by pixel
    { tag: 322, type: 'long', values: [TILE] },
    { tag: 323, type: 'long', values: [TILE] },
    { tag: 324, type: 'long', values: offsets },
    { tag: 325, type: 'long', values: tiles.map((tile) => tile.length) },
    { tag: 338, type: 'short', values: bands.slice(1).map(() => 0) }, // what the further samples are: unspecified
    {
      tag: 339,
      type: 'short',
      values: bands.map((pixels) => (pixels instanceof Float32Array ? FLOAT : UNSIGNED)),
    },
    { tag: 33550, type: 'double', values: [grid.stepX, -grid.stepY, 0] },
    { tag: 33922, type: 'double', values: [0, 0, 0, grid.originX, grid.originY, 0] },
    { tag: 34735, type: 'short', values: geoKeys(grid.epsg) },
    { tag: 42113, type: 'ascii', values: [...Buffer.from('0\0')] }, // GDAL's no-data value
  ];
  const entries = layout(tiles.map(() => 0)).filter((entry) => entry.values.length > 0);
  const start = 8 + directorySize(entries);
  const offsets: number[] = [];
  tiles.reduce((at, tile) => (offsets.push(at), at + tile.length), start);
  const filled = layout(offsets).filter((entry) => entry.values.length > 0);
  return Buffer.concat([Buffer.from([0x49, 0x49, 42, 0, 8, 0, 0, 0]), directory(filled), ...tiles]);
}

/** Projected CRS, pixels are areas, the CRS by its EPSG number (GeoTIFF 1.1, clause 7.1). */
function geoKeys(epsg: number): number[] {
  return [1, 1, 0, 3, 1024, 0, 1, 1, 1025, 0, 1, 1, 3072, 0, 1, epsg];
}

function tileBytes(bands: readonly Pixels[], grid: RasterGrid, column: number, row: number): Buffer {
  const bytes = bands[0]?.BYTES_PER_ELEMENT ?? 1;
  const tile = Buffer.alloc(TILE * TILE * bands.length * bytes);
  const width = Math.min(TILE, grid.width - column);
  const height = Math.min(TILE, grid.height - row);
  bands.forEach((pixels, band) => {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const at = ((y * TILE + x) * bands.length + band) * bytes;
        const value = pixels[(row + y) * grid.width + column + x]!;
        if (pixels instanceof Float32Array) tile.writeFloatLE(value, at);
        else tile.writeUIntLE(value, at, bytes);
      }
    }
  });
  return deflateSync(tile, { level: 6 });
}

function directorySize(entries: readonly Entry[]): number {
  return 2 + 12 * entries.length + 4 + entries.reduce((sum, entry) => sum + overflow(entry), 0);
}

/** Bytes of an entry's values that do not fit into the entry itself, padded to a word. */
function overflow(entry: Entry): number {
  const bytes = entry.values.length * TYPES[entry.type][1];
  return bytes > 4 ? bytes + (bytes % 2) : 0;
}

/** The image file directory, which begins at byte 8 of the file. */
function directory(entries: readonly Entry[]): Buffer {
  const buffer = Buffer.alloc(directorySize(entries));
  buffer.writeUInt16LE(entries.length, 0);
  let free = 2 + 12 * entries.length + 4;
  entries.forEach((entry, i) => {
    const at = 2 + 12 * i;
    buffer.writeUInt16LE(entry.tag, at);
    buffer.writeUInt16LE(TYPES[entry.type][0], at + 2);
    buffer.writeUInt32LE(entry.values.length, at + 4);
    const beyond = overflow(entry);
    if (beyond > 0) buffer.writeUInt32LE(free + 8, at + 8);
    writeValues(buffer, beyond > 0 ? free : at + 8, entry);
    free += beyond;
  });
  return buffer;
}

function writeValues(buffer: Buffer, at: number, entry: Entry): void {
  const size = TYPES[entry.type][1];
  entry.values.forEach((value, i) => {
    if (entry.type === 'double') buffer.writeDoubleLE(value, at + i * size);
    else buffer.writeUIntLE(value, at + i * size, size);
  });
}
