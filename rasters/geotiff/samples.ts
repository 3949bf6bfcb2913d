/**
 * From a block's bytes to its samples: byte order, predictors, odd sizes.
 *
 * Not as the geotiff package does it, which looks for the second band of 12-bit samples at the wrong place, and reads
 * every sample by a call of its own.
 */
import { pixelArray, type PixelArray } from '../raster.js';
import { isSampleCodec } from './compression.js';
import type { Layout } from './block-layout.js';
import { undoDifferences, undoFloatingPoint } from './predictor.js';

/**
 * The samples of `rows` rows, pixel by pixel. `bytes` holds at least `rowsBytes` of them; they may be changed and become
 * the samples' memory.
 */
export function toSamples(bytes: Uint8Array, layout: Layout, rows: number): PixelArray {
  const { bits, pixelType, compression, predictor, blockWidth, samplesPerPixel } = layout;
  const perRow = blockWidth * samplesPerPixel;
  if (bits % 8 !== 0) {
    const samples = pixelArray(pixelType, perRow * rows);
    unpackBits(bytes, samples, perRow, bits);
    return samples;
  }
  if (predictor === 3 && !isSampleCodec(compression)) {
    const samples = pixelArray(pixelType, perRow * rows);
    undoFloatingPoint(bytes, samples, perRow, samplesPerPixel);
    return samples;
  }
  const own = aligned(bytes, (perRow * rows * bits) / 8);
  // LERC too: libtiff turns samples round before it compresses them, whatever the codec takes them for.
  if (!layout.littleEndian) swap(own, bits);
  if (predictor === 2 && !isSampleCodec(compression))
    undoDifferences(unsigned(own, bits), perRow, samplesPerPixel);
  return pixelArray(pixelType, own.buffer, own.byteOffset, perRow * rows);
}

/** The first `length` bytes where samples of any size can be seen in them. */
function aligned(bytes: Uint8Array, length: number): Buffer {
  const usable = bytes.byteOffset % 8 === 0 && bytes.buffer instanceof ArrayBuffer;
  if (usable) return Buffer.from(bytes.buffer, bytes.byteOffset, length);
  return Buffer.from(new Uint8Array(bytes.subarray(0, length)).buffer);
}

function unsigned(own: Buffer, bits: number): Uint8Array | Uint16Array | Uint32Array | BigUint64Array {
  const { buffer, byteOffset, length } = own;
  if (bits === 8) return own;
  if (bits === 16) return new Uint16Array(buffer, byteOffset, length / 2);
  if (bits === 32) return new Uint32Array(buffer, byteOffset, length / 4);
  return new BigUint64Array(buffer, byteOffset, length / 8);
}

/** Turns big-endian samples of `bits` bits round, in place. */
function swap(bytes: Buffer, bits: number): void {
  if (bits === 16) bytes.swap16();
  else if (bits === 32) bytes.swap32();
  else if (bits === 64) bytes.swap64();
}

/** Samples of 1 to 15 bits, the most significant bit first, rows on byte boundaries. */
function unpackBits(bytes: Uint8Array, samples: PixelArray, perRow: number, bits: number): void {
  const rowBytes = Math.ceil((perRow * bits) / 8);
  const mask = (1 << bits) - 1;
  for (let to = 0, row = 0; to < samples.length; row += rowBytes) {
    let held = 0;
    let heldBits = 0;
    let at = row;
    for (const end = to + perRow; to < end; to++) {
      while (heldBits < bits) {
        held = (held << 8) | bytes[at++]!;
        heldBits += 8;
      }
      heldBits -= bits;
      samples[to] = (held >>> heldBits) & mask;
      held &= (1 << heldBits) - 1;
    }
  }
}
