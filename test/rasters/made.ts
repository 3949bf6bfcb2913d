/** The pixels of the fixtures, by formula, and how the tests read rasters. */
import { fileURLToPath } from 'node:url';
import { PIXEL_ARRAYS, type PixelArray, type Raster, type Window } from '../../rasters/raster.js';

export const WIDTH = 37;
export const HEIGHT = 29;
export const WHOLE: Window = { column: 0, row: 0, width: WIDTH, height: HEIGHT };

export type Formula = (band: number, row: number, column: number) => number;

/** 1 to 4000, so that it fits 12 bits and never is 0. */
export const u16: Formula = (band, row, column) => ((row * 131 + column * 17 + band * 1009) % 4000) + 1;

/** Sixteenths, which float32 holds exactly, and NaN every 11 pixels. */
export const f32: Formula = (band, row, column) =>
  (row * 7 + column * 3 + band) % 11 === 0 ? NaN : ((row * 37 + column * 11 + band * 5) % 257) / 16 + 0.0625;

export const zero: Formula = () => 0;

/** What a window must hold. */
export function expected(formula: Formula, band: number, window: Window = WHOLE): number[] {
  const { column, row, width, height } = window;
  return Array.from({ length: width * height }, (_, i) =>
    formula(band, row + Math.floor(i / width), column + (i % width)),
  );
}

export async function read(
  raster: Pick<Raster, 'pixelType' | 'readWindow'>,
  band: number,
  window: Window = WHOLE,
): Promise<number[]> {
  const pixels: PixelArray = new PIXEL_ARRAYS[raster.pixelType](window.width * window.height);
  await raster.readWindow(band, window, { pixels, offset: 0, stride: window.width });
  return Array.from(pixels);
}

/** Out of dist/test/rasters, fixtures lie in the sources. */
export function fixture(name: string): string {
  return fileURLToPath(new URL(`../../../test/rasters/fixtures/${name}`, import.meta.url));
}
