/**
 * PackBits (TIFF 6.0 section 9): runs of literal bytes, and bytes to be repeated.
 *
 * Not the geotiff package's decoder, which takes the head 128, which means nothing, for a run of 129 bytes.
 */

/** Decodes up to `size` bytes; fewer when the data end before. */
export function decodePackBits(data: Uint8Array, size: number): Uint8Array {
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
