import type { Polygon } from '../../demo/season/area.js';
import type { RasterGrid } from '../../rasters/index.js';

/** Pixels of a band, or of what is reckoned of several. */
interface Numbers {
  readonly grid: RasterGrid;
  readonly pixels: ArrayLike<number>;
}

/**
 * The pixels of a band whose centre lies inside a parcel, no-data (0) left out, asking for every pixel of the parcel's
 * surroundings and every edge whether a ray to the east crosses it. Slow and plain: what extraction is compared with. `parts` are in the grid's CRS, best as the database gives them: the way to RD New and back moves points by up
 * to half a millimetre.
 */
export function pixelsInside(parts: readonly Polygon[], { grid, pixels }: Numbers): number[] {
  const values: number[] = [];
  const points = parts.flat(2);
  const rowOf = (y: number): number => Math.floor((y - grid.originY) / grid.stepY);
  const columnOf = (x: number): number => Math.floor((x - grid.originX) / grid.stepX);
  const rows = points.map(([, y]) => rowOf(y));
  const columns = points.map(([x]) => columnOf(x));
  for (let row = Math.max(0, Math.min(...rows)); row <= Math.min(grid.height - 1, Math.max(...rows)); row++) {
    const y = grid.originY + (row + 0.5) * grid.stepY;
    const right = Math.min(grid.width - 1, Math.max(...columns));
    for (let column = Math.max(0, Math.min(...columns)); column <= right; column++) {
      const x = grid.originX + (column + 0.5) * grid.stepX;
      const value = pixels[row * grid.width + column]!;
      if (value !== 0 && parts.some((polygon) => contains(polygon, x, y))) values.push(value);
    }
  }
  return values;
}

function contains(polygon: Polygon, x: number, y: number): boolean {
  let inside = false;
  for (const ring of polygon) {
    for (let i = 0; i + 1 < ring.length; i++) {
      const [x1, y1] = ring[i]!;
      const [x2, y2] = ring[i + 1]!;
      if (y1 > y !== y2 > y && x < x1 + ((y - y1) * (x2 - x1)) / (y2 - y1)) inside = !inside;
    }
  }
  return inside;
}
