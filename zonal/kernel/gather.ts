/**
 * Copies the pixels under spans, one after the other.
 * @param pixels the image they are spans of; up to 62 bytes behind it may be read
 * @param starts, lengths of `count` spans, in pixels, 32 bits and 16 each
 * @param out gets the pixels, and up to 62 bytes more
 * @param most pixels that there is room for
 * @returns the number of pixels; -1 where there are more than `most`
 */
export function gather(pixels: usize, starts: usize, lengths: usize, count: i32, out: usize, most: i32): i32 {
  const first = out;
  const end = out + ((most as usize) << 1);
  for (let k: usize = 0; k < (count as usize); k++) {
    let from = pixels + ((load<u32>(starts + (k << 2)) as usize) << 1);
    const next = out + ((load<u16>(lengths + (k << 1)) as usize) << 1);
    if (next > end) return -1;
    // Whole vectors, four at once, as most spans need no more; what is too much is overwritten by the next span.
    for (let at = out; at < next; at += 64, from += 64) {
      v128.store(at, v128.load(from));
      v128.store(at, v128.load(from, 16), 16);
      v128.store(at, v128.load(from, 32), 32);
      v128.store(at, v128.load(from, 48), 48);
    }
    out = next;
  }
  return ((out - first) >> 1) as i32;
}
