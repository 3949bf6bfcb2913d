/** From a block's bytes to its samples: byte order, predictors, odd sizes. */
import { PIXEL_ARRAYS, type PixelArray } from '../raster.js';
import { isSampleCodec } from './compression.js';
import type { Layout } from './layout.js';

/** The samples of `rows` rows, pixel by pixel. `bytes` holds at least `rowsBytes` of them. */
export function toSamples(bytes: Uint8Array, layout: Layout, rows: number): PixelArray {
  const { bits, blockWidth, samplesPerPixel } = layout;
  const perRow = blockWidth * samplesPerPixel;
  const samples: PixelArray = new PIXEL_ARRAYS[layout.pixelType](perRow * rows);
  if (samples.BYTES_PER_ELEMENT * 8 !== bits) {
    unpackBits(bytes, samples, perRow, bits);
    return samples;
  }
  const own = Buffer.from(samples.buffer);
  own.set(bytes.subarray(0, own.length));
  if (isSampleCodec(layout.compression)) return samples;
  if (layout.predictor === 3) {
    undoFloatingPoint(own, perRow, samplesPerPixel, samples.BYTES_PER_ELEMENT);
    return samples;
  }
  if (!layout.littleEndian) swap(own, bits);
  if (layout.predictor === 2) undoDifferences(own, perRow, samplesPerPixel, bits);
  return samples;
}

/** Turns big-endian samples of `bits` bits round, in place. */
export function swap(bytes: Buffer, bits: number): void {
  if (bits === 16) bytes.swap16();
  else if (bits === 32) bytes.swap32();
  else if (bits === 64) bytes.swap64();
}

/** Predictor 2: each sample is the difference from the same band's in the pixel before (TIFF 6.0 section 14). */
function undoDifferences(own: Buffer, perRow: number, step: number, bits: number): void {
  if (bits === 64) {
    const words = new BigUint64Array(own.buffer);
    for (let row = 0; row < words.length; row += perRow) {
      for (let i = row + step; i < row + perRow; i++) words[i] = words[i]! + words[i - step]!;
    }
    return;
  }
  // Unsigned arrays of the sample's size wrap around as the rule wants, whatever the samples mean.
  const words = bits === 8 ? own : bits === 16 ? new Uint16Array(own.buffer) : new Uint32Array(own.buffer);
  for (let row = 0; row < words.length; row += perRow) {
    for (let i = row + step; i < row + perRow; i++) words[i] = words[i]! + words[i - step]!;
  }
}

/**
 * Predictor 3 (Adobe Photoshop TIFF Technical Note 3): a row's bytes are sorted into planes, the most significant first
 * whatever the file's byte order, and each byte is the difference from the one before.
 */
function undoFloatingPoint(own: Buffer, perRow: number, step: number, size: number): void {
  const rowBytes = perRow * size;
  const planes = new Uint8Array(rowBytes);
  for (let row = 0; row < own.length; row += rowBytes) {
    planes.set(own.subarray(row, row + rowBytes));
    for (let i = step; i < rowBytes; i++) planes[i] = planes[i]! + planes[i - step]!;
    for (let byte = 0; byte < size; byte++) {
      const plane = (size - 1 - byte) * perRow;
      for (let i = 0, to = row + byte; i < perRow; i++, to += size) own[to] = planes[plane + i]!;
    }
  }
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
