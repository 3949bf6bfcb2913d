/** From a scene to its pixels, before any file format has touched them. */
import type { RasterGrid } from '../../rasters/index.js';
import { GRID_10M, GRID_20M } from './area.js';
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

function radarBands(grid: RasterGrid, { VV, VH }: RadarPixels): PaintedBand[] {
  return [
    { band: 'VV', grid, pixels: VV },
    { band: 'VH', grid, pixels: VH },
  ];
}
