/**
 * Reads rows (pid int4, four float8 of a box, WKB bytea or NULL) from a binary COPY stream, whose chunks end anywhere
 * (PostgreSQL documentation, COPY, "Binary Format").
 */

/** `box`: min x, min y, max x, max y. Neither `box` nor `wkb` outlives the call; null stands for NULL. */
export type OnRow = (pid: number, box: Float64Array, wkb: Uint8Array | null) => void;

const HEADER_BYTES = 19;
const FIELDS = 6;
/** Field count, pid, box, and the length of the WKB. */
const FIXED_BYTES = 2 + 8 + 4 * 12 + 4;

export class ParcelRows {
  private rest: Buffer = Buffer.alloc(0);
  private headerRead = false;
  private ended = false;
  private readonly box = new Float64Array(4);

  constructor(private readonly onRow: OnRow) {}

  /** Takes the next bytes of the stream. */
  push(chunk: Buffer): void {
    const bytes = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    let at = this.headerRead ? 0 : this.readHeader(view);
    for (let next = at; next >= 0;) {
      at = next;
      next = this.readRow(bytes, view, at);
    }
    this.rest = bytes.subarray(at);
  }

  /** @throws Error when the stream ended before its trailer. */
  end(): void {
    if (!this.ended) throw new Error('Connection terminated in the middle of a COPY');
  }

  /** Where the first row begins. */
  private readHeader(view: DataView): number {
    if (view.byteLength < HEADER_BYTES) return 0;
    const end = HEADER_BYTES + view.getInt32(HEADER_BYTES - 4);
    this.headerRead = end <= view.byteLength;
    return this.headerRead ? end : 0;
  }

  /** Where the row after the one at `at` begins, or -1 where that one isn't complete. */
  private readRow(bytes: Buffer, view: DataView, at: number): number {
    if (!this.headerRead || this.ended || at + 2 > bytes.length) return -1;
    const fields = view.getInt16(at);
    if (fields === -1) {
      this.ended = true;
      return -1;
    }
    if (fields !== FIELDS) throw new Error(`a COPY row of ${fields} fields instead of ${FIELDS}`);
    if (at + FIXED_BYTES > bytes.length) return -1;
    const length = view.getInt32(at + FIXED_BYTES - 4);
    const start = at + FIXED_BYTES;
    const end = start + Math.max(length, 0);
    if (end > bytes.length) return -1;
    for (let side = 0; side < 4; side++) this.box[side] = view.getFloat64(at + 14 + side * 12);
    const wkb = length < 0 ? null : new Uint8Array(bytes.buffer, bytes.byteOffset + start, length);
    this.onRow(view.getInt32(at + 6), this.box, wkb);
    return end;
  }
}
