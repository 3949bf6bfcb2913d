/** Noise of 15 bits, so that tiles have the size that real ones have for their pixels. */
export function noise(row: number, column: number): number {
  return 1 + ((Math.imul(row * 1000 + column + 1, 2_654_435_761) >>> 7) & 0x7ffe);
}
