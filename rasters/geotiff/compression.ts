/** Decompression of one TIFF block. */
import { inflateSync } from 'node:zlib';
import { Damage } from '../jpeg2000/damage.js';
import type { Layout } from './layout.js';
import { decodeLerc } from './lerc.js';
import { decodeLzw } from './lzw.js';
import { decodeZstd } from './zstd.js';

/** Gives the block's bytes, at most `size` of them. */
type Decompress = (data: Uint8Array, size: number, layout: Layout) => Uint8Array | Promise<Uint8Array>;

const deflate: Decompress = (data, size) => {
  try {
    // A block at the lower edge may hold rows beyond the image; more than a full block is not a block.
    return inflateSync(data, { maxOutputLength: Math.max(size, 1) });
  } catch (error) {
    throw new Damage(`has damaged Deflate data (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`);
  }
};

const lerc: Decompress = async (data, size, layout) => {
  try {
    return await decodeLerc(data, size, layout);
  } catch (error) {
    if (error instanceof Damage) throw error;
    throw new Damage(`has damaged LERC data (${error instanceof Error ? error.message : 'unknown'})`);
  }
};

/** By the number of TIFF's Compression tag. */
export const COMPRESSIONS: Readonly<Record<number, Decompress>> = {
  1: (data) => data,
  5: decodeLzw,
  8: deflate,
  32773: decodePackBits,
  32946: deflate,
  34887: lerc,
  50000: decodeZstd,
};

/** LERC gives samples in the machine's own order, predictors and byte order don't apply to it. */
export function isSampleCodec(compression: number): boolean {
  return compression === 34887;
}

/** PackBits (TIFF 6.0 section 9): runs of literal bytes, and bytes to be repeated. */
function decodePackBits(data: Uint8Array, size: number): Uint8Array {
  const out = new Uint8Array(size);
  let written = 0;
  for (let at = 0; at < data.length && written < size;) {
    const head = data[at++]!;
    if (head < 128) {
      const run = data.subarray(at, at + Math.min(head + 1, size - written));
      out.set(run, written);
      written += run.length;
      at += head + 1;
    } else if (head > 128) {
      const end = Math.min(written + 257 - head, size);
      out.fill(data[at++] ?? 0, written, end);
      written = end;
    }
  }
  return out.subarray(0, written);
}
