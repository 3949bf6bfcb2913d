/**
 * The WASM kernel as TypeScript sees it: memory for a strip of an image, for spans and for a parcel's pixels, and the
 * functions that work on them; and a block of parcels to rasterise. One instance a thread.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { KernelRows, type RowExports } from './kernel-rows.js';
import { type BlockExports, type Constant, ParcelBlock } from './parcel-block.js';
import { ShareBlock, type ShareExports } from './share-block.js';
import type { Strip } from './strip.js';

/** The most pixels of a parcel: 26 square kilometres of Sentinel-2. */
export const KERNEL_PIXELS = 1 << 18;
/** The most pixels of a parcel where they are doubles: 6.5 square kilometres of Sentinel-2. */
export const KERNEL_REALS = 1 << 16;
/** The most spans of a parcel that lies in the strip. */
const KERNEL_SPANS = 1 << 12;
/** Rows enough of a Sentinel-2 tile for most parcels, and little enough for the processor's caches. */
const STRIP_PIXELS = 3 << 19;

/** The functions of kernel/index.ts; see there. */
interface Exports extends BlockExports, ShareExports, RowExports {
  readonly reals: Constant;
  prepare(): number;
  measureReals(length: number, out: number): void;
  gather(pixels: number, starts: number, lengths: number, count: number, out: number, most: number): number;
  measure(pixels: number, length: number, noData: number, out: number): void;
  measureWeighed(
    pixels: number,
    length: number,
    shareCount: number,
    isWeighted: boolean,
    noData: number,
    isExtended: boolean,
    out: number,
  ): void;
}

const PAGE = 65_536;
/** The kernel works with whole vectors, so it reads and writes a little beyond pixels: so many of them at most. */
const MARGIN = 32;

export class Kernel {
  readonly strip: Strip<Uint16Array>;
  /** The pixels of a parcel. */
  readonly pixels: Uint16Array;
  /** The pixels of a parcel, and one more, where they are doubles. */
  readonly reals: Float64Array;
  /** Where `measure` and `measureReals` leave the STATISTICS, and `measureWeighed` more. */
  readonly statistics: Float64Array;
  readonly rows: KernelRows;
  readonly block: ParcelBlock;
  readonly shareBlock: ShareBlock;
  private readonly exports: Exports;
  /** Where these arrays begin in the kernel's memory, in bytes. */
  private readonly at: Readonly<Record<'statistics' | 'starts' | 'lengths' | 'pixels' | 'strip', number>>;

  constructor(module: WebAssembly.Module) {
    this.exports = new WebAssembly.Instance(module, {}).exports as unknown as Exports;
    const { memory } = this.exports;
    const statisticsAt = this.exports.prepare();
    const startsAt = statisticsAt + 128;
    const lengthsAt = startsAt + 4 * KERNEL_SPANS;
    const pixelsAt = lengthsAt + 2 * KERNEL_SPANS;
    const stripAt = pixelsAt + 2 * (KERNEL_PIXELS + MARGIN);
    const missing = stripAt + 2 * (STRIP_PIXELS + MARGIN) - memory.buffer.byteLength;
    memory.grow(Math.max(0, Math.ceil(missing / PAGE)));
    this.statistics = new Float64Array(memory.buffer, statisticsAt, 14);
    this.pixels = new Uint16Array(memory.buffer, pixelsAt, KERNEL_PIXELS + MARGIN);
    this.reals = new Float64Array(memory.buffer, this.exports.reals.value, KERNEL_REALS + 1);
    this.strip = {
      pixels: new Uint16Array(memory.buffer, stripAt, STRIP_PIXELS),
      start: new Int32Array(memory.buffer, startsAt, KERNEL_SPANS),
      length: new Uint16Array(memory.buffer, lengthsAt, KERNEL_SPANS),
    };
    this.rows = new KernelRows(this.exports, this.pixels, this.reals);
    this.block = new ParcelBlock(this.exports);
    this.shareBlock = new ShareBlock(this.exports, this.block);
    this.at = {
      statistics: statisticsAt,
      starts: startsAt,
      lengths: lengthsAt,
      pixels: pixelsAt,
      strip: stripAt,
    };
  }

  /**
   * Copies the pixels under the first `count` spans of the strip to `pixels`.
   * @returns how many there are; -1 where they are more than KERNEL_PIXELS.
   */
  gather(count: number): number {
    const { strip, starts, lengths, pixels } = this.at;
    return this.exports.gather(strip, starts, lengths, count, pixels, KERNEL_PIXELS);
  }

  /**
   * Measures the first `length` of `pixels`, which it overwrites, leaving out 0 and `noData`. Where the count is 0, the
   * other statistics are what they were.
   */
  measure(length: number, noData: number): void {
    this.exports.measure(this.at.pixels, length, noData, this.at.statistics);
  }

  /** As `measure`, of the first `length` of `reals`; NaN is left out, 0 is not. */
  measureReals(length: number): void {
    this.exports.measureReals(length, this.at.statistics);
  }

  /**
   * Measures the first `length` of `pixels`, which it overwrites. The first `shareCount` shares of the share block say what those
   * covered in part weigh; all others weigh 1. `isWeighted` says whose quantiles are wanted. See kernel/weighed.ts.
   */
  measureWeighed(
    length: number,
    shareCount: number,
    isWeighted: boolean,
    noData: number,
    isExtended: boolean,
  ): void {
    const { pixels, statistics } = this.at;
    this.exports.measureWeighed(pixels, length, shareCount, isWeighted, noData, isExtended, statistics);
  }
}

let shared: Kernel | undefined;

/**
 * This thread's kernel; compiled when it is first asked for.
 * @internal
 */
export function threadKernel(): Kernel {
  shared ??= new Kernel(new WebAssembly.Module(readKernel()));
  return shared;
}

function readKernel(): Uint8Array {
  const path = fileURLToPath(new URL('kernel.wasm', import.meta.url));
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new Error(`the kernel of the statistics is not built: ${path} cannot be read; run npm run build`, {
      cause,
    });
  }
}
