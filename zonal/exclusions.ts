/**
 * Values that are no measurement: 0 and NaN in every raster, and a set of others (the file's no-data, saturation), each of
 * them beside the rest. A pixel of which something else says that it is none, a mask, becomes 0 before it is measured.
 */
import type { PixelType } from './pixels.js';

/** Whole numbers a pixel type holds. */
const RANGES: Readonly<Partial<Record<PixelType, readonly [least: number, most: number]>>> = {
  uint8: [0, 255],
  int8: [-128, 127],
  uint16: [0, 65_535],
  int16: [-32_768, 32_767],
  uint32: [0, 4_294_967_295],
  int32: [-2_147_483_648, 2_147_483_647],
};

/** Those of the values that a pixel of the type can have besides 0 and NaN, at its precision, each once. */
export function excludedValues(type: PixelType, values: Iterable<number | undefined>): number[] {
  const range = RANGES[type];
  const excluded = new Set<number>();
  for (const value of values) {
    if (value === undefined || Number.isNaN(value)) continue;
    if (range === undefined) excluded.add(type === 'float32' ? Math.fround(value) : value);
    else if (Number.isInteger(value) && value >= range[0] && value <= range[1]) excluded.add(value);
  }
  excluded.delete(0);
  return [...excluded];
}
