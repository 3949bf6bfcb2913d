/** A typed array that grows as it is written: plain typed arrays drop writes past their end in silence. */

export type NumericArray = Uint8Array | Uint16Array | Int32Array | Uint32Array | Float64Array;

export class Growable<T extends NumericArray> {
  /** The numbers so far are `array[0]` to `array[length - 1]`; the array is another one after it has grown. */
  array: T;
  length = 0;

  constructor(
    private readonly allocate: (length: number) => T,
    capacity = 1024,
  ) {
    this.array = allocate(capacity);
  }

  /** Makes room for `extra` more numbers, which the caller writes from `array[length]` on before it raises `length`. */
  reserve(extra: number): T {
    const needed = this.length + extra;
    if (needed > this.array.length) {
      const grown = this.allocate(Math.max(needed, Math.ceil(this.array.length * 1.6)));
      grown.set(this.array.subarray(0, this.length));
      this.array = grown;
    }
    return this.array;
  }

  push(value: number): void {
    this.reserve(1)[this.length++] = value;
  }

  /** What was written, as a view without copying. */
  view(): T {
    return this.array.subarray(0, this.length) as T;
  }
}
