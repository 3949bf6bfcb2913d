/**
 * Reads windows of a raster's band 1 by parcelwise's readers, on one thread.
 *
 * usage: windows-ours.js FILE WINDOWS   (WINDOWS: int32 column, row, width, height, one after the other)
 * Prints seconds and a checksum of the pixels as JSON.
 */
import { readFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { openRaster, pixelArray, type Raster, type Window } from '../../rasters/index.js';
import { startClock } from '../stopwatch.js';

const [path = '', list = ''] = process.argv.slice(2);
const windows = readWindows(list);
const largest = Math.max(...windows.map(({ width, height }) => width * height));

const raster = await openRaster(path);
const pixels = pixelArray(raster.pixelType, largest);
const clock = startClock();
for (const window of windows) await read(raster, window);
const seconds = clock();

let checksum = 0;
for (const window of windows) {
  await read(raster, window);
  checksum = crc32(
    new Uint8Array(pixels.buffer, 0, window.width * window.height * pixels.BYTES_PER_ELEMENT),
    checksum,
  );
}
await raster.close();
console.log(JSON.stringify({ ...seconds, checksum }));

async function read(from: Raster, window: Window): Promise<void> {
  await from.readWindow(1, window, { pixels, offset: 0, stride: window.width });
}

function readWindows(file: string): Window[] {
  const bytes = readFileSync(file);
  return Array.from({ length: bytes.length / 16 }, (_, i) => {
    const [column, row, width, height] = [0, 4, 8, 12].map((at) => bytes.readInt32LE(16 * i + at));
    return { column: column!, row: row!, width: width!, height: height! };
  });
}
