/**
 * Rows of doubles in the kernel's memory, and arithmetic on them (kernel/rows.ts): what indices are reckoned with. A row is known
 * by its address. There is one set a thread, so whoever finds that somebody else used it last fills it anew.
 */
import type { Constant } from './parcel-block.js';

type OnOne = (a: number, to: number, count: number) => void;
type OnTwo = (a: number, b: number, to: number, count: number) => void;

/** What of the kernel's exports works on rows. */
export interface RowExports {
  readonly memory: WebAssembly.Memory;
  readonly rows: Constant;
  readonly add: OnTwo;
  readonly subtract: OnTwo;
  readonly multiply: OnTwo;
  /** NaN where the divisor is 0. */
  readonly divide: OnTwo;
  readonly least: OnTwo;
  readonly greatest: OnTwo;
  readonly negate: OnOne;
  readonly absolute: OnOne;
  readonly root: OnOne;
  /** Makes NaN of infinities. @returns how many are left that are numbers */
  keepFinite(from: number, count: number): number;
  calibrate(
    words: number,
    count: number,
    none: number,
    offset: number,
    scale: number,
    unit: number,
    to: number,
  ): void;
}

/**
 * The numbers of a row: ROW of kernel/rows.ts.
 * @internal
 */
export const ROW_LENGTH = 1 << 10;
/**
 * How many rows there are: ROWS of kernel/rows.ts.
 * @internal
 */
export const ROW_COUNT = 1 << 8;
const DOUBLE = 8;

/** @internal */
export class KernelRows {
  /** Who used the rows last. */
  user: object | undefined = undefined;
  /** The kernel's memory: a double's place is its address by eight. */
  private readonly doubles: Float64Array;

  /**
   * @param arithmetic of a kernel whose memory grows no more
   * @param words of that memory, which are to be calibrated: as many as a row has, at least
   * @param reals of that memory, which are measured.
   */
  constructor(
    readonly arithmetic: RowExports,
    readonly words: Uint16Array,
    readonly reals: Float64Array,
  ) {
    this.doubles = new Float64Array(arithmetic.memory.buffer);
  }

  addressOf(row: number): number {
    return this.arithmetic.rows.value + row * ROW_LENGTH * DOUBLE;
  }

  /** The `count` numbers at an address. */
  at(address: number, count = ROW_LENGTH): Float64Array {
    return this.doubles.subarray(address / DOUBLE, address / DOUBLE + count);
  }

  numberAt(address: number): number {
    return this.doubles[address / DOUBLE]!;
  }

  /** Makes physical numbers of the first `count` words: `(word + offset) * scale / unit`, and NaN of 0 and `none`. */
  calibrate(
    count: number,
    none: number,
    by: Readonly<Record<'offset' | 'scale' | 'unit', number>>,
    to: number,
  ): void {
    const { offset, scale, unit } = by;
    this.arithmetic.calibrate(this.words.byteOffset, count, none, offset, scale, unit, to);
  }

  log10(a: number, to: number, count: number): void {
    const { doubles } = this;
    for (let from = a / DOUBLE, at = to / DOUBLE, end = from + count; from < end; from++, at++) {
      const value = doubles[from]!;
      doubles[at] = Math.log10(value);
      if (value <= 0) doubles[at] = NaN;
    }
  }
}
