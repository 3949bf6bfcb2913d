/** The kernel's decoding of a single code-block, as rasters/jpeg2000/reconstruction.ts calls it. */
import assert from 'node:assert/strict';
import { threadKernel } from '../../rasters/jpeg2000/kernel.js';
import type { CodedShape } from './literal-block.js';

/** What lies around the code-block in its sub-band's plane. */
const UNTOUCHED = 0x5a5a5a5a;
/** What lies behind the data: that of another code-block. */
const FOREIGN = 0x2d;
const MARGIN = 8;

/** A step of the quantization: undefined for a reversible wavelet, which has none. */
export type Step = number | undefined;

/**
 * @returns coefficients row by row; those of an irreversible wavelet multiplied by the step
 * @throws AssertionError where anything outside the code-block's rectangle was written
 */
export function decodeByKernel(
  bytes: Uint8Array,
  { width, height, orientation, planes, passes }: CodedShape,
  step: Step,
): Float64Array {
  const kernel = threadKernel();
  kernel.reset();
  const columns = width + 2 * MARGIN;
  const count = columns * (height + 2);
  const data = kernel.allocate(bytes.length + MARGIN);
  const plane = kernel.allocate(count * 4);
  kernel.bytes(data, bytes.length + MARGIN).fill(FOREIGN);
  kernel.bytes(data, bytes.length).set(bytes);
  const values = new Int32Array(kernel.buffer, plane, count).fill(UNTOUCHED);
  const floats = new Float32Array(kernel.buffer, plane, count);
  const first = columns + MARGIN;
  const stride = columns * 4;
  const isReversible = Number(step === undefined);
  kernel.call.decodeBlock(
    data,
    bytes.length,
    passes,
    planes,
    orientation,
    width,
    height,
    plane + first * 4,
    stride,
    isReversible,
    step === undefined ? 1 : step / 2,
  );
  const source = step === undefined ? values : floats;
  const coefficients = new Float64Array(width * height);
  for (let y = 0; y < height; y++) {
    const row = first + y * columns;
    coefficients.set(source.subarray(row, row + width), y * width);
    values.fill(UNTOUCHED, row, row + width);
  }
  assert.ok(
    values.every((value) => value === UNTOUCHED),
    'the kernel wrote beside the code-block',
  );
  return coefficients;
}

/** What the kernel makes of coefficients: E-8 for a reversible wavelet, E-6 in 32-bit floats for another. */
export function dequantize(coefficients: Float64Array, step: Step): Float64Array {
  return coefficients.map((value) => {
    if (value === 0) return 0;
    return step === undefined ? Math.trunc(value) : Math.fround(Math.fround(value) * step);
  });
}
