/** The 16-bit pixels of a parcel, brought to the kernel's memory. */
import { KERNEL_PIXELS, type Kernel } from './kernel.js';

/**
 * Copies the pixels under the spans `from` to before `to` to the kernel's.
 * @returns how many there are; -1 where they are more than KERNEL_PIXELS.
 */
export function gatherWords(
  kernel: Kernel,
  pixels: Uint16Array,
  start: Int32Array,
  length: Uint16Array | Int32Array,
  from: number,
  to: number,
): number {
  const { strip } = kernel;
  const isInStrip = pixels === strip.pixels && start === strip.start && length === strip.length && from === 0;
  return isInStrip ? kernel.gather(to) : gather(pixels, start, length, from, to, kernel.pixels);
}

/**
 * Makes the pixels of a value 0 among the first `count`.
 * @internal
 */
export function leaveOut(pixels: Uint16Array, count: number, value: number): void {
  for (let i = 0; i < count; i++) if (pixels[i] === value) pixels[i] = 0;
}

/**
 * Copies the pixels under the spans to `values`, and up to three more after them.
 * @returns how many there are; -1 where they are more than KERNEL_PIXELS.
 */
function gather(
  pixels: Uint16Array,
  start: Int32Array,
  length: Uint16Array | Int32Array,
  from: number,
  to: number,
  values: Uint16Array,
): number {
  // Spans are short, so their ends cost more than their pixels: four at a time, and what is too much is overwritten by
  // the next span.
  const endOfFours = pixels.length - 3;
  let next = 0;
  for (let k = from; k < to; k++) {
    let i = start[k]!;
    const count = length[k]!;
    const end = i + count;
    let at = next;
    next += count;
    if (next > KERNEL_PIXELS) return -1;
    if (end > endOfFours) {
      values.set(pixels.subarray(i, end), at);
      continue;
    }
    for (; i < end; i += 4, at += 4) {
      values[at] = pixels[i]!;
      values[at + 1] = pixels[i + 1]!;
      values[at + 2] = pixels[i + 2]!;
      values[at + 3] = pixels[i + 3]!;
    }
  }
  return next;
}

/** How often each value occurs under the spans. */
export function countValues(
  pixels: Uint16Array,
  start: Int32Array,
  length: Uint16Array | Int32Array,
  from: number,
  to: number,
): Uint32Array {
  const bins = new Uint32Array(1 << 16);
  for (let k = from; k < to; k++) {
    let i = start[k]!;
    const end = i + length[k]!;
    for (; i < end; i++) bins[pixels[i]!]!++;
  }
  return bins;
}
