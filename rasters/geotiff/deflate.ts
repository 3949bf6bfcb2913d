/**
 * Deflate by Node's own zlib, in its threads, several blocks at once.
 *
 * Not the geotiff package's decoder, which is zlib in JavaScript, on the thread that calls it.
 */
import { inflate } from 'node:zlib';
import { Damage } from '../damage.js';

/** Room beyond the block, so that zlib finds the end of its data without a second buffer. */
const SPARE_BYTES = 64;

/** Decodes up to `size` bytes. A block at the lower edge may hold rows beyond the image; more than `size` is damage. */
export function decodeDeflate(data: Uint8Array, size: number): Promise<Uint8Array> {
  const options = { chunkSize: size + SPARE_BYTES, maxOutputLength: size };
  return new Promise((resolve, reject) => {
    inflate(data, options, (error, bytes) => {
      if (error === null) resolve(bytes);
      else
        reject(
          new Damage(`has damaged Deflate data (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`),
        );
    });
  });
}
