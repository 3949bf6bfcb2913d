/** Reads a chip from a file in which its pixels are; runs in a thread. */
import {
  openRaster,
  pixelArray,
  type RasterGrid,
  type WantedPixels,
  type Window,
} from '../../rasters/index.js';
import type { Chip } from './chip.js';
import { gridOf, insideOf } from './chip-window.js';

export interface ReadTask {
  readonly kind: 'read';
  readonly path: string;
  /** 1-based. */
  readonly rasterBand: number;
  /** It may reach beyond the raster: there is no data there. */
  readonly window: Window;
}

/** Pixels of a cell's side by which a decoder is told what to leave out. */
const CELL = 32;

/** @throws RasterError, NotFetched */
export async function readChip({ path, rasterBand, window }: Omit<ReadTask, 'kind'>): Promise<Chip> {
  const raster = await openRaster(path);
  try {
    const { grid, pixelType, noData = 0 } = raster;
    const pixels = pixelArray(pixelType, window.width * window.height).fill(noData);
    const inside = insideOf(window, grid);
    const offset = (inside.row - window.row) * window.width + inside.column - window.column;
    const target = { pixels, offset, stride: window.width };
    await raster.readWindow(rasterBand, inside, target, cellsUnder(grid, inside));
    return { grid: gridOf(grid, window), pixelType, noData, pixels };
  } finally {
    await raster.close();
  }
}

function cellsUnder(grid: RasterGrid, { column, row, width, height }: Window): WantedPixels {
  const across = Math.ceil(grid.width / CELL);
  const marks = new Uint8Array(across * Math.ceil(grid.height / CELL));
  const left = Math.floor(column / CELL);
  const right = Math.ceil((column + width) / CELL);
  for (let y = Math.floor(row / CELL); y < Math.ceil((row + height) / CELL); y++)
    marks.fill(1, y * across + left, y * across + right);
  return { cell: CELL, across, marks };
}
