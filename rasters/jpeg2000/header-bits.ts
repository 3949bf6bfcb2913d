/** Bits of packet headers: after a byte of 0xff the next one carries seven bits only (ISO/IEC 15444-1 B.10.1). */
import { Damage } from '../damage.js';

export class HeaderBits {
  private current = 0;
  private left = 0;

  /** @param position of the next byte to read; after `align`, of the first byte behind the header. */
  constructor(
    private readonly data: Uint8Array,
    public position: number,
  ) {}

  bit(): number {
    if (this.left === 0) {
      if (this.position >= this.data.length)
        throw new Damage('has a tile whose data ends before its last packet');
      this.left = this.current === 0xff ? 7 : 8;
      this.current = this.data[this.position++]!;
    }
    return (this.current >> --this.left) & 1;
  }

  bits(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++) value = (value << 1) | this.bit();
    return value;
  }

  /** Ends a header: what is left of its last byte is padding, and a last byte of 0xff is followed by a stuffed one. */
  align(): void {
    if (this.current === 0xff) this.position++;
    this.current = 0;
    this.left = 0;
  }
}
