/** What lies under each pixel of a grid: the patch, the soil and the water, the same in every scene of that grid. */
import type { RasterGrid } from '../../rasters/index.js';
import type { Polygon } from './area.js';
import { lake, type Patch } from './landscape.js';
import { noise } from './noise.js';

export interface Ground {
  readonly grid: RasterGrid;
  /** For each pixel its patch's place in the list of patches plus one; 0 between patches, `WATER` on water. */
  readonly labels: Uint16Array;
  /** Soil and vigour within fields, about -1 to 1. */
  readonly texture: Float32Array;
}

/** The label of all water: ponds and the lake. */
export const WATER = 65_535;

export function ground(seed: number, patches: readonly Patch[], grid: RasterGrid): Ground {
  const labels = new Uint16Array(grid.width * grid.height);
  patches.forEach((patch, i) => {
    for (const polygon of patch.parts) fill(labels, grid, polygon, patch.kind === 'water' ? WATER : i + 1);
  });
  for (const patch of patches) {
    for (const pond of patch.parts.flatMap((polygon) => polygon.slice(1))) fill(labels, grid, [pond], WATER);
  }
  const water = lake(seed);
  const coarse = noise(seed, 'soil', 420, 3);
  const fine = noise(seed, 'vigour', 36, 2);
  const texture = new Float32Array(labels.length);
  for (let row = 0, i = 0; row < grid.height; row++) {
    const y = grid.originY + (row + 0.5) * grid.stepY;
    for (let column = 0; column < grid.width; column++, i++) {
      const x = grid.originX + (column + 0.5) * grid.stepX;
      if (labels[i] === 0 && water(x, y) > 0) labels[i] = WATER;
      texture[i] = 1.4 * (coarse(x, y) - 0.5) + 0.8 * (fine(x, y) - 0.5);
    }
  }
  return { grid, labels, texture };
}

/** Gives a polygon's pixels a label: those whose centre is inside by the even-odd rule. */
function fill(labels: Uint16Array, grid: RasterGrid, polygon: Polygon, label: number): void {
  const ys = polygon[0]!.map(([, y]) => y);
  const first = Math.max(0, Math.floor((Math.max(...ys) - grid.originY) / grid.stepY));
  const last = Math.min(grid.height - 1, Math.floor((Math.min(...ys) - grid.originY) / grid.stepY));
  for (let row = first; row <= last; row++) {
    const crossings = crossingsAt(polygon, grid.originY + (row + 0.5) * grid.stepY);
    for (let k = 0; k + 1 < crossings.length; k += 2) {
      const from = Math.max(0, Math.ceil((crossings[k]! - grid.originX) / grid.stepX - 0.5));
      const to = Math.min(grid.width, Math.ceil((crossings[k + 1]! - grid.originX) / grid.stepX - 0.5));
      if (to > from) labels.fill(label, row * grid.width + from, row * grid.width + to);
    }
  }
}

/** Where the rings cross a line of constant y, from west to east. */
function crossingsAt(polygon: Polygon, y: number): number[] {
  const crossings: number[] = [];
  for (const ring of polygon) {
    for (let i = 0; i + 1 < ring.length; i++) {
      const [x1, y1] = ring[i]!;
      const [x2, y2] = ring[i + 1]!;
      if (y1 > y !== y2 > y) crossings.push(x1 + ((y - y1) * (x2 - x1)) / (y2 - y1));
    }
  }
  return crossings.sort((a, b) => a - b);
}
