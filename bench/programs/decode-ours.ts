/**
 * Decodes whole JPEG 2000 files as a worker does: every block a task of the thread pool, into shared memory.
 *
 * usage: decode-ours.js THREADS FILE…   Prints seconds, and the SHA-256 of each file's pixels, as JSON.
 */
import { createHash } from 'node:crypto';
import { readImage } from '../../extraction/image.js';
import type { Plane } from '../../extraction/plane.js';
import { PIXEL_ARRAYS } from '../../rasters/index.js';
import { ThreadPool } from '../../workers/threads.js';
import { startClock } from '../stopwatch.js';

const [threads = '1', ...paths] = process.argv.slice(2);
const pool = new ThreadPool(Number(threads));
pool.warm();
// Threads are up before the clock starts, as in a worker; what they load and compile for their first block counts.
await pool.broadcast({ kind: 'forget', folder: '/nowhere' });

const clock = startClock();
const planes = await Promise.all(paths.map(decode));
const seconds = clock();
await pool.close();
const sha256 = planes.map(({ pixels }) => createHash('sha256').update(new Uint8Array(pixels)).digest('hex'));
console.log(JSON.stringify({ ...seconds, sha256: sha256.join(' ') }));

async function decode(path: string): Promise<Plane> {
  const { grid, pixelType, block } = await readImage(path, 1);
  const { width, height } = grid;
  const plane: Plane = {
    pixels: new SharedArrayBuffer(width * height * PIXEL_ARRAYS[pixelType].BYTES_PER_ELEMENT),
    pixelType,
    width,
    height,
    blockWidth: block.width,
    blockHeight: block.height,
  };
  const blocks = Math.ceil(width / block.width) * Math.ceil(height / block.height);
  await Promise.all(
    Array.from({ length: blocks }, (_, number) =>
      pool.run({ kind: 'decode', path, rasterBand: 1, plane, block: number }),
    ),
  );
  return plane;
}
