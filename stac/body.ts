/** The body of an answer as text, unpacked where it was packed on the way, with a bound on its size. */
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { StacFailure } from './errors.js';

/** A page of a thousand items of Copernicus Data Space has 130 MB. */
export const MAX_BYTES = 256 << 20;

/** @throws StacFailure for a body that is larger, or packed in a way nobody asked for; what the connection fails with. */
export async function readBody(answer: IncomingMessage, where: string): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const piece of unpacked(answer, where) as AsyncIterable<Buffer>) {
      bytes += piece.length;
      if (bytes > MAX_BYTES)
        throw new StacFailure(`${where}: the answer has more than ${MAX_BYTES >> 20} MiB`);
      pieces.push(piece);
    }
  } finally {
    // Leaves the connection to the next request where the answer was read to its end.
    answer.destroy();
  }
  return Buffer.concat(pieces).toString();
}

function unpacked(answer: IncomingMessage, where: string): Readable {
  const encoding = (answer.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  if (encoding === 'identity' || encoding === '') return answer;
  if (encoding !== 'gzip' && encoding !== 'x-gzip') {
    throw new StacFailure(`${where}: the answer is packed in another way than gzip`);
  }
  const gunzip = createGunzip();
  answer.on('error', (error) => gunzip.destroy(error));
  return answer.pipe(gunzip);
}
