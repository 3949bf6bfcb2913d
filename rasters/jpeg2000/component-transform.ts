/** The inverse component transforms of the first three components (ISO/IEC 15444-1 G.2, G.3), in place. */
import type { Plane } from './plane.js';

/** RCT (G.2.2) on integers where `reversible`, else ICT (G.3.2) on floats. */
export function invertTransform(
  memory: ArrayBuffer,
  planes: readonly Plane[],
  {
    width,
    height,
    reversible,
  }: { readonly width: number; readonly height: number; readonly reversible: boolean },
): void {
  for (let row = 0; row < height; row++) {
    const addresses = planes.map(({ address, stride }) => address + row * stride);
    if (reversible) invertReversible(addresses.map((at) => new Int32Array(memory, at, width)));
    else invertIrreversible(addresses.map((at) => new Float32Array(memory, at, width)));
  }
}

function invertReversible(rows: Int32Array[]): void {
  const [first, second, third] = rows as [Int32Array, Int32Array, Int32Array];
  for (let x = 0; x < first.length; x++) {
    const [y, u, v] = [first[x]!, second[x]!, third[x]!];
    const green = y - ((u + v) >> 2);
    first[x] = v + green;
    second[x] = green;
    third[x] = u + green;
  }
}

function invertIrreversible(rows: Float32Array[]): void {
  const [first, second, third] = rows as [Float32Array, Float32Array, Float32Array];
  for (let x = 0; x < first.length; x++) {
    const [y, cb, cr] = [first[x]!, second[x]!, third[x]!];
    first[x] = y + 1.402 * cr;
    second[x] = y - 0.344136 * cb - 0.714136 * cr;
    third[x] = y + 1.772 * cb;
  }
}
