/**
 * Decompression of one TIFF block. The geotiff package has decoders too; why they are not taken is said in each file, and
 * shown by the tests.
 */
import { decodeDeflate } from './deflate.js';
import type { Layout } from './block-layout.js';
import { decodeLerc } from './lerc.js';
import { decodeLzw } from './lzw.js';
import { decodePackBits } from './packbits.js';
import { decodeZstd } from './zstd.js';

/** Gives the block's bytes, at most `size` of them, for the caller to keep and change. */
type Decompress = (data: Uint8Array, size: number, layout: Layout) => Uint8Array | Promise<Uint8Array>;

/** By the number of TIFF's Compression tag. */
export const COMPRESSIONS: Readonly<Record<number, Decompress>> = {
  1: (data) => data,
  5: decodeLzw,
  8: decodeDeflate,
  32773: decodePackBits,
  32946: decodeDeflate,
  34887: decodeLerc,
  50000: decodeZstd,
};

/** LERC gives samples, not bytes: predictors don't apply to it. */
export function isSampleCodec(compression: number): boolean {
  return compression === 34887;
}
