/**
 * Decodes a whole JPEG 2000 file tile by tile by OpenJPEG's WASM (@cornerstonejs/codec-openjpeg), in threads.
 *
 * usage: decode-codec.js THREADS FILE   Prints seconds and the SHA-256 of the pixels as JSON.
 */
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { readBoxes } from '../../rasters/jpeg2000/boxes.js';
import { readCodestream } from '../../rasters/jpeg2000/codestream.js';
import { oneTileCodestream } from '../../rasters/jpeg2000/one-tile.js';
import { decodeWithOpenJpeg } from '../../rasters/jpeg2000/openjpeg.js';
import { tileRectangle } from '../../rasters/jpeg2000/siz.js';
import { FileSource } from '../../rasters/file-source.js';
import { startClock } from '../stopwatch.js';

interface Share {
  readonly path: string;
  readonly pixels: SharedArrayBuffer;
  /** The next tile that nobody has taken. */
  readonly next: SharedArrayBuffer;
}

function open(path: string) {
  const source = new FileSource(path);
  return { source, codestream: readCodestream(source, readBoxes(source).codestream) };
}

/** Takes one tile after the other until none is left. */
async function decodeShare({ path, pixels, next }: Share): Promise<void> {
  const { source, codestream } = open(path);
  const image = new Uint16Array(pixels);
  const { size } = codestream;
  const stride = size.image.x1;
  const counter = new Int32Array(next);
  for (;;) {
    const tile = Atomics.add(counter, 0, 1);
    if (tile >= codestream.tiles.length) return;
    const { x0, y0, x1, y1 } = tileRectangle(size, tile);
    const { samples } = await decodeWithOpenJpeg(oneTileCodestream(source, codestream, tile));
    for (let y = y0; y < y1; y++) {
      const from = (y - y0) * (x1 - x0);
      image.set(samples.subarray(from, from + x1 - x0), y * stride + x0);
    }
  }
}

async function main(threads: number, path: string): Promise<void> {
  const { x1, y1 } = open(path).codestream.size.image;
  const share: Share = { path, pixels: new SharedArrayBuffer(2 * x1 * y1), next: new SharedArrayBuffer(4) };
  const clock = startClock();
  await Promise.all(Array.from({ length: threads }, () => inThread(share)));
  const seconds = clock();
  const sha256 = createHash('sha256').update(new Uint8Array(share.pixels)).digest('hex');
  console.log(JSON.stringify({ ...seconds, sha256 }));
}

function inThread(share: Share): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(fileURLToPath(import.meta.url), { workerData: share });
    worker.once('message', () => {
      resolve();
    });
    worker.once('error', reject);
  });
}

if (isMainThread) {
  const [threads, path = ''] = process.argv.slice(2);
  await main(Number(threads), path);
} else {
  await decodeShare(workerData as Share);
  parentPort?.postMessage('done');
}
