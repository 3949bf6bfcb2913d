/**
 * TIFF's predictors, undone in place, a row at a time.
 *
 * Not as the geotiff package does it, which undoes predictor 2 before it turns big-endian samples round, knows it not
 * for 64 bits, and takes several times as long for predictor 3.
 */
import type { PixelArray } from '../raster.js';

/**
 * Predictor 2: each sample is the difference from the same band's in the pixel before (TIFF 6.0 section 14). `words` are
 * unsigned, so that they wrap around as the rule wants, whatever the samples mean; `step` is the samples of a pixel.
 */
export function undoDifferences(
  words: Uint8Array | Uint16Array | Uint32Array | BigUint64Array,
  perRow: number,
  step: number,
): void {
  if (words instanceof BigUint64Array) {
    for (let row = 0; row < words.length; row += perRow) {
      for (let i = row + step; i < row + perRow; i++) words[i] = words[i]! + words[i - step]!;
    }
    return;
  }
  accumulate(words, perRow, step);
}

/** Running sums of every row's samples, band by band. */
function accumulate(words: Uint8Array | Uint16Array | Uint32Array, perRow: number, step: number): void {
  for (let row = 0; row < words.length; row += perRow) {
    for (let band = 0; band < step; band++) {
      // The sum stays in a register; only the array's own width cuts it.
      let sum = 0;
      for (let i = row + band; i < row + perRow; i += step) {
        sum = (sum + words[i]!) | 0;
        words[i] = sum;
      }
    }
  }
}

/**
 * Predictor 3 (Adobe Photoshop TIFF Technical Note 3): a row's bytes are sorted into planes, the most significant first
 * whatever the file's byte order, and each byte is the difference from the one before. Undoes it in `bytes`, then puts
 * the samples together in `samples`, which has memory of its own.
 */
export function undoFloatingPoint(
  bytes: Uint8Array,
  samples: PixelArray,
  perRow: number,
  step: number,
): void {
  const { BYTES_PER_ELEMENT: size, buffer } = samples;
  const rowBytes = perRow * size;
  accumulate(bytes.subarray(0, samples.byteLength), rowBytes, step);
  if (size === 8) {
    joinDoubles(bytes, new DataView(buffer), perRow);
    return;
  }
  const words = new Uint32Array(buffer);
  for (let row = 0, from = 0; row < words.length; row += perRow, from += rowBytes) {
    const [second, third, fourth] = [from + perRow, from + 2 * perRow, from + 3 * perRow];
    for (let i = 0; i < perRow; i++) {
      words[row + i] =
        (bytes[from + i]! << 24) | (bytes[second + i]! << 16) | (bytes[third + i]! << 8) | bytes[fourth + i]!;
    }
  }
}

function joinDoubles(bytes: Uint8Array, view: DataView, perRow: number): void {
  for (let from = 0; from < view.byteLength; from += 8 * perRow) {
    for (let plane = 0; plane < 8; plane++) {
      const first = from + plane * perRow;
      for (let i = 0; i < perRow; i++) view.setUint8(from + 8 * i + 7 - plane, bytes[first + i]!);
    }
  }
}
