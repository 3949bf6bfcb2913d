/**
 * TIFF's LZW (TIFF 6.0 section 13): codes of 9 to 12 bits, most significant bit first, that grow one code early.
 *
 * Strings are kept as (prefix, last byte) and written backwards to their place in the output.
 */
import { Damage } from '../jpeg2000/damage.js';

const CLEAR = 256;
const END = 257;
const MAX_CODES = 4096;

const prefix = new Uint16Array(MAX_CODES);
const last = new Uint8Array(MAX_CODES);
const first = new Uint8Array(MAX_CODES);
const length = new Uint16Array(MAX_CODES);
for (let byte = 0; byte < 256; byte++) {
  last[byte] = byte;
  first[byte] = byte;
  length[byte] = 1;
}

/** Decodes up to `size` bytes; fewer when the data end before. */
export function decodeLzw(data: Uint8Array, size: number): Uint8Array {
  const out = new Uint8Array(size);
  let written = 0;
  let next = END + 1;
  let bits = 9;
  let previous = -1;
  let held = 0;
  let heldBits = 0;
  let at = 0;
  while (written < size) {
    while (heldBits < bits) {
      if (at === data.length) return out.subarray(0, written);
      held = (held << 8) | data[at++]!;
      heldBits += 8;
    }
    heldBits -= bits;
    const code = held >>> heldBits;
    held &= (1 << heldBits) - 1;

    if (code === END) break;
    if (code === CLEAR) {
      next = END + 1;
      bits = 9;
      previous = -1;
      continue;
    }
    if (previous >= 0) {
      if (code > next) throw new Damage('has damaged LZW data');
      if (next < MAX_CODES) {
        // A code that is only now defined ends with the byte its own string begins with.
        prefix[next] = previous;
        last[next] = first[code === next ? previous : code]!;
        first[next] = first[previous]!;
        length[next] = length[previous]! + 1;
        next += 1;
      }
    }
    if (code >= next || (previous < 0 && code > 255)) throw new Damage('has damaged LZW data');
    const end = written + length[code]!;
    for (let to = end - 1, string = code; to >= written; to--) {
      if (to < size) out[to] = last[string]!;
      string = prefix[string]!;
    }
    written = end;
    previous = code;
    if (next >= (1 << bits) - 1 && bits < 12) bits += 1;
  }
  return written < size ? out.subarray(0, written) : out;
}
