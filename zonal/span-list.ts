/** Runs of pixels in one row: `length[k]` pixels from pixel number `start[k]` (row * width + column) of the grid on. */
export class SpanList {
  start = new Int32Array(4096);
  length = new Int32Array(4096);
  count = 0;

  /** Makes room for `extra` more spans, so that `push` may follow that often. */
  reserve(extra: number): void {
    const needed = this.count + extra;
    if (needed <= this.start.length) return;
    const capacity = Math.max(needed, 2 * this.start.length);
    this.start = grown(this.start, capacity);
    this.length = grown(this.length, capacity);
  }

  /** Appends a span; room for it must be reserved. */
  push(start: number, length: number): void {
    this.start[this.count] = start;
    this.length[this.count++] = length;
  }
}

function grown(array: Int32Array, capacity: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(capacity);
  larger.set(array);
  return larger;
}
