/** The WASM kernel as TypeScript sees it: memory to put a parcel's pixels in, and a function that measures them. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The most pixels of 16 bits that `measure` takes: 26 square kilometres of Sentinel-2. */
export const KERNEL_PIXELS = 1 << 18;

/** The functions of kernel/index.ts; see there. */
interface Exports {
  prepare(): number;
  measure(pixels: number, length: number, noData: number, out: number): void;
  readonly memory: WebAssembly.Memory;
}

const PAGE = 65_536;
/** The kernel fills whole vectors up, and gathering may write a little beyond the last pixel. */
const MARGIN = 32;

export class Kernel {
  /** Where the caller puts pixels; `measure` overwrites them. */
  readonly pixels: Uint16Array;
  /** Where `measure` leaves the STATISTICS. */
  readonly statistics: Float64Array;
  private readonly exports: Exports;

  constructor(module: WebAssembly.Module) {
    this.exports = new WebAssembly.Instance(module, {}).exports as unknown as Exports;
    const { memory } = this.exports;
    const base = this.exports.prepare();
    const top = base + 64 + 2 * (KERNEL_PIXELS + MARGIN);
    memory.grow(Math.max(0, Math.ceil((top - memory.buffer.byteLength) / PAGE)));
    this.statistics = new Float64Array(memory.buffer, base, 8);
    this.pixels = new Uint16Array(memory.buffer, base + 64, KERNEL_PIXELS + MARGIN);
  }

  /**
   * Measures the first `length` of `pixels`, leaving out 0 and `noData`. Where the count is 0, the other statistics are
   * what they were.
   */
  measure(length: number, noData: number): void {
    this.exports.measure(this.pixels.byteOffset, length, noData, this.statistics.byteOffset);
  }
}

let shared: Kernel | undefined;

/** This thread's kernel; compiled when it is first asked for. */
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
