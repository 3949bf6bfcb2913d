/**
 * The WASM kernel as the decoder sees it: its functions, and its memory, given out from the bottom up for one tile at a
 * time. One instance a thread: decoding is synchronous, so tiles never share it.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Unsupported } from '../unsupported.js';

/** An address in the kernel's memory. */
export type Address = number;

/** The functions of kernel/index.ts; see there. */
export interface KernelFunctions {
  readonly decodeBlock: (
    data: Address,
    length: number,
    passes: number,
    planes: number,
    orientation: number,
    width: number,
    height: number,
    plane: Address,
    stride: number,
    reversible: number,
    step: number,
  ) => void;
  readonly inverse53: InverseWavelet;
  readonly inverse97: InverseWavelet;
  readonly writeSamples: (
    plane: Address,
    stride: number,
    width: number,
    height: number,
    reversible: number,
    levelShift: number,
    low: number,
    high: number,
    out: Address,
    outStride: number,
    bytes: number,
  ) => void;
}

type InverseWavelet = (
  ll: Address,
  llStride: number,
  hl: Address,
  lh: Address,
  hh: Address,
  stride: number,
  x0: number,
  y0: number,
  x1: number,
  y1: number,
  out: Address,
  outStride: number,
  scratch: Address,
) => void;

interface Exports extends KernelFunctions {
  /** Fills the kernel's tables. @returns the first address that is free. */
  prepare(): Address;
  readonly memory: WebAssembly.Memory;
}

const PAGE = 65_536;
/** A Sentinel-2 tile of 1024 x 1024 takes 15 MB. */
const MAX_KEPT_BYTES = 256 << 20;
const ALIGNMENT = 16;

export class Kernel {
  readonly call: KernelFunctions;
  private readonly memory: WebAssembly.Memory;
  private readonly base: Address;
  private top: Address;

  constructor(module: WebAssembly.Module) {
    const exports = new WebAssembly.Instance(module, {}).exports as unknown as Exports;
    this.call = exports;
    this.memory = exports.memory;
    this.base = this.top = align(exports.prepare());
  }

  /** Gives all memory back, for the next tile. */
  reset(): void {
    this.top = this.base;
  }

  /** @throws Unsupported where the memory of 32-bit WebAssembly, or the machine's, does not suffice. */
  allocate(bytes: number): Address {
    const address = this.top;
    const top = align(address + bytes);
    const missing = top + PAGE - this.memory.buffer.byteLength;
    if (missing > 0) {
      try {
        this.memory.grow(Math.ceil(missing / PAGE));
      } catch (cause) {
        throw new Unsupported(`has tiles that need more than ${Math.ceil(top / 2 ** 20)} MB of memory`, {
          cause,
        });
      }
    }
    this.top = top;
    return address;
  }

  /** A view on memory; void after the next `allocate`. */
  bytes(address: Address, length: number): Uint8Array {
    return new Uint8Array(this.memory.buffer, address, length);
  }

  get buffer(): ArrayBuffer {
    return this.memory.buffer;
  }
}

function align(address: number): number {
  return Math.ceil(address / ALIGNMENT) * ALIGNMENT;
}

let shared: Kernel | undefined;

/** This thread's kernel; compiled when it is first asked for. */
export function threadKernel(): Kernel {
  // WebAssembly memory never shrinks: after a giant tile a new instance is the way to give it back.
  if (shared && shared.buffer.byteLength > MAX_KEPT_BYTES) shared = undefined;
  shared ??= new Kernel(new WebAssembly.Module(readKernel()));
  return shared;
}

function readKernel(): Uint8Array {
  const path = fileURLToPath(new URL('kernel.wasm', import.meta.url));
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new Error(`the JPEG 2000 kernel is not built: ${path} cannot be read; run npm run build`, {
      cause,
    });
  }
}
