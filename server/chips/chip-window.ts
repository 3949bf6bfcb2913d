/** The pixels of a grid under a square of the ground. */
import { isGeographic, metresPerUnit, type RasterGrid, type Window } from '../../rasters/index.js';

export interface Square {
  /** Its centre, in the grid's CRS. */
  readonly x: number;
  readonly y: number;
  /** Of its side. */
  readonly metres: number;
}

/** Of a degree of latitude, and of one of longitude at the equator. */
export const METRES_PER_DEGREE = 111_320;

/** The nearest whole pixels; the window may reach beyond the grid. Undefined where no pixel of the grid is in it. */
export function windowUnder(grid: RasterGrid, { x, y, metres }: Square): Window | undefined {
  const { epsg, originX, originY, stepX, stepY } = grid;
  const metresX = isGeographic(epsg)
    ? METRES_PER_DEGREE * Math.cos((y * Math.PI) / 180)
    : metresPerUnit(epsg);
  const metresY = isGeographic(epsg) ? METRES_PER_DEGREE : metresPerUnit(epsg);
  const width = Math.max(1, Math.round(metres / (stepX * metresX)));
  const height = Math.max(1, Math.round(metres / (-stepY * metresY)));
  const window = {
    column: Math.round((x - originX) / stepX - width / 2),
    row: Math.round((y - originY) / stepY - height / 2),
    ...{ width, height },
  };
  const { width: columns, height: rows } = insideOf(window, grid);
  return columns > 0 && rows > 0 ? window : undefined;
}

/** What of a window lies in the grid. */
export function insideOf(window: Window, grid: Pick<RasterGrid, 'width' | 'height'>): Window {
  const column = Math.max(0, window.column);
  const row = Math.max(0, window.row);
  return {
    ...{ column, row },
    width: Math.min(grid.width, window.column + window.width) - column,
    height: Math.min(grid.height, window.row + window.height) - row,
  };
}

/** The grid of a window's own pixels. */
export function gridOf(grid: RasterGrid, { column, row, width, height }: Window): RasterGrid {
  const { epsg, originX, originY, stepX, stepY } = grid;
  return {
    ...{ epsg, width, height, stepX, stepY },
    originX: originX + column * stepX,
    originY: originY + row * stepY,
  };
}
