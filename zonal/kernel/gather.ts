/**
 * Copies the pixels under spans, one after the other.
 * @param pixels the image they are spans of; up to 14 bytes behind it may be read
 * @param starts, lengths of `count` spans, in pixels, 32 bits each
 * @param out gets the pixels, and up to 14 bytes more
 */
export function gather(pixels: usize, starts: usize, lengths: usize, count: i32, out: usize): void {
  for (let k: usize = 0; k < (count as usize) << 2; k += 4) {
    let from = pixels + ((load<u32>(starts + k) as usize) << 1);
    const bytes = (load<u32>(lengths + k) as usize) << 1;
    const end = from + bytes;
    // Whole vectors: what is too much is overwritten by the next span.
    for (let at = out; from < end; from += 16, at += 16) v128.store(at, v128.load(from));
    out += bytes;
  }
}
