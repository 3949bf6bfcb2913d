/**
 * Big-endian reading with every access checked, for headers and boxes: running off the end is Damage, not garbage.
 */
import { Damage } from '../damage.js';

export class Bytes {
  position = 0;
  private readonly view: DataView;

  /** @param what names the structure in messages, e.g. `SIZ marker segment` */
  constructor(
    readonly data: Uint8Array,
    private readonly what: string,
    private readonly littleEndian = false,
  ) {
    this.view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  }

  get remaining(): number {
    return this.data.length - this.position;
  }

  u8(): number {
    return this.view.getUint8(this.take(1));
  }

  u16(): number {
    return this.view.getUint16(this.take(2), this.littleEndian);
  }

  u32(): number {
    return this.view.getUint32(this.take(4), this.littleEndian);
  }

  /** A 64-bit length; those beyond 2^53 lose their last digits, which no file is long enough to miss. */
  u64(): number {
    return Number(this.view.getBigUint64(this.take(8), this.littleEndian));
  }

  f64(): number {
    return this.view.getFloat64(this.take(8), this.littleEndian);
  }

  slice(length: number): Uint8Array {
    const start = this.take(length);
    return this.data.subarray(start, start + length);
  }

  ascii(length: number): string {
    return String.fromCharCode(...this.slice(length));
  }

  seek(position: number): void {
    this.position = position;
    this.take(0);
  }

  private take(count: number): number {
    const start = this.position;
    if (start < 0 || start + count > this.data.length) throw new Damage(`the ${this.what} ends too early`);
    this.position = start + count;
    return start;
  }
}
