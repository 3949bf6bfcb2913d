/**
 * TIFF's LZW (TIFF 6.0 section 13): codes of 9 to 12 bits, most significant bit first, that grow one code early.
 *
 * Not the geotiff package's decoder, which takes about twenty times as long (it builds a list a string) and
 * writes as much as the data say, not as much as a block holds.
 *
 * Each new string is the one before it and the byte that follows, so it already stands in the output: a code is a place
 * there and a length. The 256 bytes that are strings from the start stand before the output, so that all are alike.
 */
import { Damage } from '../damage.js';
import { Unsupported } from '../unsupported.js';

const CLEAR = 256;
const END = 257;
const LAST_CODE = 4095;
const LITERALS = 256;
/** Strings are moved four bytes at a time and may write up to three beyond their end, where the next one goes. */
const SPARE_BYTES = 4;

/** Where the string of each code begins in the output, and its bytes. */
const begins = new Int32Array(LAST_CODE + 2);
const lengths = new Int32Array(LAST_CODE + 2);
for (let byte = 0; byte < LITERALS; byte++) {
  begins[byte] = byte;
  lengths[byte] = 1;
}

/** Decodes up to `size` bytes; fewer when the data end before. */
export function decodeLzw(data: Uint8Array, size: number): Uint8Array {
  // Writers before TIFF 6.0 put the least significant bit first; they too begin by the code that clears.
  if (data[0] === 0 && (data[1]! & 1) === 1)
    throw new Unsupported('has LZW data in the order of before TIFF 6.0');
  const out = new Uint8Array(LITERALS + size + SPARE_BYTES);
  for (let byte = 0; byte < LITERALS; byte++) out[byte] = byte;
  const view = new DataView(out.buffer);
  const input = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const full = LITERALS + size;
  const lastWord = data.length - 4;
  let written = LITERALS;
  let newest = END;
  let fresh = true;
  let bits = 9;
  let at = 0;
  let bit = 0;
  while (written < full) {
    const word = at <= lastWord ? input.getUint32(at) : lastBits(data, at, bit + bits);
    if (word < 0) break;
    const code = (word >>> (32 - bits - bit)) & ((1 << bits) - 1);
    bit += bits;
    at += bit >>> 3;
    bit &= 7;

    if (code === CLEAR) {
      newest = END;
      fresh = true;
      bits = 9;
      continue;
    }
    if (code === END) break;
    if (fresh) {
      fresh = false;
    } else if (newest < LAST_CODE) {
      newest += 1;
      lengths[newest] = written - begins[newest]! + 1;
      if (newest === (1 << bits) - 2 && bits < 12) bits += 1;
    }
    if (code > newest) throw new Damage('has damaged LZW data');
    // Where this string begins, the next new one does.
    if (newest < LAST_CODE) begins[newest + 1] = written;

    let from = begins[code]!;
    const end = Math.min(full, written + lengths[code]!);
    if (written - from >= 4) {
      for (; written < end; written += 4, from += 4)
        view.setUint32(written, view.getUint32(from, true), true);
      written = end;
    } else {
      // A string that runs into itself goes byte by byte.
      while (written < end) out[written++] = out[from++]!;
    }
  }
  return out.subarray(LITERALS, written);
}

/** The word at `at` where fewer than four bytes are left, or -1 where they don't hold the `bits` that are needed. */
function lastBits(data: Uint8Array, at: number, bits: number): number {
  if (8 * (data.length - at) < bits) return -1;
  return data[at]! * 2 ** 24 + ((data[at + 1] ?? 0) << 16) + ((data[at + 2] ?? 0) << 8);
}
