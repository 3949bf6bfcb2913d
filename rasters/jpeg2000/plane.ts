/** A plane of values of one sub-band or tile-component, in the kernel's memory. */
import type { Address, Kernel } from './kernel.js';

/** Rows of 32-bit values in the kernel's memory: integers for 5/3, floats for 9/7; `stride` in bytes. */
export interface Plane {
  readonly address: Address;
  readonly stride: number;
  /** Memory that nothing needs any more once the plane is there: that of the sub-bands it was made of. */
  readonly spare?: { readonly address: Address; readonly length: number };
}

/** Bytes left free before a plane, and words behind each row: the kernel works four values at a time. */
const MARGIN = 32;
const ROW_PADDING = 16;

/** Memory for so many rows and columns, of whatever was there before unless it is to be `zeroed`. */
export function allocatePlane(kernel: Kernel, width: number, height: number, zeroed: boolean): Plane {
  const stride = strideOf(width);
  const bytes = 2 * MARGIN + stride * (height + 1);
  const start = kernel.allocate(bytes);
  if (zeroed) kernel.bytes(start, bytes).fill(0);
  return { address: start + MARGIN, stride };
}

/** Bytes from one row to the next of a plane of so many columns. */
export function strideOf(width: number): number {
  return 4 * (Math.ceil(width / 4) * 4 + ROW_PADDING);
}
