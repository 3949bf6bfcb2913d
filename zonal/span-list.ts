/** Runs of pixels in one row: `length[k]` pixels from pixel number `start[k]` (row * width + column) of the grid on. */

/** Lengths are kept in 16 bits; longer runs become several spans. */
const LONGEST = 65535;

export class SpanList {
  start = new Int32Array(4096);
  length = new Uint16Array(4096);
  count = 0;

  /** Appends a run of pixels. */
  push(start: number, length: number): void {
    for (; length > LONGEST; length -= LONGEST, start += LONGEST) this.pushSpan(start, LONGEST);
    this.pushSpan(start, length);
  }

  /** Appends spans. */
  append(starts: Int32Array, lengths: Uint16Array): void {
    this.reserve(starts.length);
    this.start.set(starts, this.count);
    this.length.set(lengths, this.count);
    this.count += starts.length;
  }

  private pushSpan(start: number, length: number): void {
    this.reserve(1);
    this.start[this.count] = start;
    this.length[this.count++] = length;
  }

  /** Makes room for `extra` more spans. */
  private reserve(extra: number): void {
    const needed = this.count + extra;
    if (needed <= this.start.length) return;
    const capacity = Math.max(needed, 2 * this.start.length);
    const { start, length } = this;
    this.start = new Int32Array(capacity);
    this.start.set(start);
    this.length = new Uint16Array(capacity);
    this.length.set(length);
  }
}
