/**
 * A code-block's bytes as a plain stream of bits, which the MQ decoder takes in 32 at a time: what BYTEIN (ISO/IEC
 * 15444-1 C.3.4) does byte by byte, done beforehand.
 *
 * A byte behind 0xff overlaps it by one bit, for a carry: it brings seven bits, and its eighth is added to those before.
 * Behind the end, or at a marker (0xff and more than 0x8f), ones follow for ever.
 *
 * A carry that comes too late, so that with it a decision taken before would be another, is in no encoder's stream, whole
 * or cut off: Annex C goes on from that decision, this from the other, and the coefficients are arbitrary in either case,
 * if bounded by the code-block's bit-planes.
 */

/**
 * More than a code-block's decisions can use up: for each of 4096 coefficients in 30 bit-planes 1.5 decisions (D.3.4 takes
 * six for a column of four at most), and one for its sign, of 15 bits each (C.3.3), from bytes that bring seven at least.
 */
const MOST_BYTES: u32 = 1 << 19;
/** 32-bit words, the first bit in bit 31. */
export const STREAM: usize = memory.data((1 << 19) + 16, 16);

/**
 * Fills STREAM from the bytes [data, data + length): a zero, Chigh's first bit after INITDEC (C.3.5), then the bits.
 *
 * @returns the address of a word of ones behind them
 */
export function writeStream(data: usize, length: u32): usize {
  let from = data;
  const end = data + min(length, MOST_BYTES);
  let to = STREAM;
  let bits: u64 = 0;
  let count: u64 = 1; // how many of `bits`, its lowest, are not in STREAM yet: less than 32
  let last: u32 = 0;
  while (from < end) {
    if (last != 0xff && end - from >= 4) {
      const word = bswap<u32>(load<u32>(from));
      // Four bytes at once where none of them is 0xff: one would show as a zero byte in the complement.
      if (!((~word - 0x01010101) & word & 0x80808080)) {
        bits = (bits << 32) | word;
        store<u32>(to, (bits >> count) as u32);
        to += 4;
        from += 4;
        last = word & 0xff;
        continue;
      }
    }
    const byte = load<u8>(from++) as u32;
    if (last != 0xff) {
      bits = (bits << 8) | byte;
      count += 8;
    } else {
      if (byte > 0x8f) break;
      if ((bits + (byte >> 7)) >> count != bits >> count) carry(to);
      bits = (bits << 7) + byte;
      count += 7;
    }
    last = byte;
    if (count >= 32) {
      count -= 32;
      store<u32>(to, (bits >> count) as u32);
      to += 4;
    }
  }
  store<u32>(to, (((bits << 32) | 0xffffffff) >> count) as u32);
  store<u32>(to, 0xffffffff, 4);
  return to + 4;
}

/** Adds one to the bits before `to`. */
function carry(to: usize): void {
  for (let at = to - 4; at >= STREAM; at -= 4) {
    const word = load<u32>(at) + 1;
    store<u32>(at, word);
    if (word) return;
  }
}
