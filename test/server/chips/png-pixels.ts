/** Reads PNG files of eight bits a channel and without filters, as ours are; and as GDAL does. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inflateSync } from 'node:zlib';

export interface PngPixels {
  readonly width: number;
  readonly height: number;
  /** Red, green, blue and opacity. */
  readonly at: (row: number, column: number) => number[];
}

export function pngPixels(file: Buffer): PngPixels {
  const data: Buffer[] = [];
  let [width, height] = [0, 0];
  for (let at = 8; at < file.length; at += 12 + file.readUInt32BE(at)) {
    const type = file.toString('latin1', at + 4, at + 8);
    if (type === 'IHDR') [width, height] = [file.readUInt32BE(at + 8), file.readUInt32BE(at + 12)];
    if (type === 'IDAT') data.push(file.subarray(at + 8, at + 8 + file.readUInt32BE(at)));
  }
  const rows = inflateSync(Buffer.concat(data));
  const rowBytes = 1 + 4 * width;
  assert.equal(rows.length, height * rowBytes);
  const at = (row: number, column: number): number[] => {
    const from = row * rowBytes + 1 + 4 * column;
    return [...rows.subarray(from, from + 4)];
  };
  return { width, height, at };
}

/** Band after band. @param folder for what it writes */
export function gdalPng(path: string, folder: string): Buffer {
  const raw = join(folder, 'picture.img');
  execFileSync('gdal_translate', ['-q', '-of', 'ENVI', '-co', 'INTERLEAVE=BSQ', path, raw]);
  return readFileSync(raw);
}
