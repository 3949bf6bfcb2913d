/**
 * From a scene to its pixels, before any file format has touched them: what the files are made of, and what tests compare
 * with.
 */
import type { RasterGrid } from '../../rasters/index.js';
import { GRID_10M, GRID_20M, type Polygon } from './area.js';
import type { SeasonScene } from './calendar.js';
import { ground, type Ground } from './ground.js';
import { paintOptical } from './optical.js';
import { paintBackscatter, paintCoherence, type RadarPixels } from './radar.js';
import type { World } from './world.js';

export interface PaintedBand {
  /** As the product calls it: B04, B08, SCL, VV, VH. */
  readonly band: string;
  readonly grid: RasterGrid;
  readonly pixels: Uint8Array | Uint16Array | Float32Array;
}

/** Paints any scene of a world; the ground of each grid is made once. */
export function painter(world: World): (scene: SeasonScene) => PaintedBand[] {
  const grounds = new Map<string, Ground>();
  const groundOf = (grid: RasterGrid): Ground => {
    const key = JSON.stringify(grid);
    const known = grounds.get(key) ?? ground(world.seed, world.patches, grid);
    grounds.set(key, known);
    return known;
  };
  return (scene) => {
    const { seed, patches, canopies } = world;
    switch (scene.card) {
      case 's2': {
        const pixels = paintOptical(seed, scene, canopies, groundOf(GRID_10M), groundOf(GRID_20M));
        return [
          { band: 'B04', grid: GRID_10M, pixels: pixels.B04 },
          { band: 'B08', grid: GRID_10M, pixels: pixels.B08 },
          { band: 'SCL', grid: GRID_20M, pixels: pixels.SCL },
        ];
      }
      case 'bs':
        return radarBands(scene.grid, paintBackscatter(seed, scene, patches, canopies, groundOf(scene.grid)));
      case 'c6':
        return radarBands(scene.grid, paintCoherence(seed, scene, patches, canopies, groundOf(scene.grid)));
    }
  };
}

/**
 * The pixels of a band whose centre lies inside a parcel, no-data (0) left out, asking for every pixel of the parcel's
 * surroundings and every edge whether a ray to the east crosses it. Slow and plain: tests compute their own statistics
 * from it. `parts` are in the grid's CRS, best as the database gives them: the way to RD New and back moves points by up
 * to half a millimetre.
 */
export function pixelsInside(parts: readonly Polygon[], { grid, pixels }: PaintedBand): number[] {
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

function radarBands(grid: RasterGrid, { VV, VH }: RadarPixels): PaintedBand[] {
  return [
    { band: 'VV', grid, pixels: VV },
    { band: 'VH', grid, pixels: VH },
  ];
}
