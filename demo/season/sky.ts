/** Clouds, their shadows and cirrus over the 20 m grid of one scene: smooth blobs of noise, cut off to cover the share asked for. */
import type { RasterGrid } from '../../rasters/index.js';
import { noise, ramp, type Field } from './noise.js';

/** Opacities from 0 to 1, a value a pixel. */
export interface Sky {
  readonly cloud: Float32Array;
  readonly shadow: Float32Array;
  readonly cirrus: Float32Array;
}

/** Where a pixel's shadow comes from: the sun stands in the south-south-east in the morning. */
const SHADOW_FROM = { x: 230, y: -540 };

export function sky(seed: number, day: string, grid: RasterGrid, clouds: number, cirrusShare: number): Sky {
  const cloud = layer(grid, noise(seed, `clouds ${day}`, 2600, 5), clouds, 0.07);
  const cirrus = layer(grid, noise(seed, `cirrus ${day}`, 5200, 3), cirrusShare, 0.12);
  const [right, down] = [Math.round(SHADOW_FROM.x / grid.stepX), Math.round(SHADOW_FROM.y / grid.stepY)];
  const shadow = new Float32Array(cloud.length);
  for (let row = 0; row < grid.height; row++) {
    for (let column = 0; column < grid.width; column++) {
      const source =
        Math.min(grid.height - 1, row + down) * grid.width + Math.min(grid.width - 1, column + right);
      shadow[row * grid.width + column] = cloud[source]!;
    }
  }
  return { cloud, shadow, cirrus };
}

/** Opacity of a field where it exceeds the value that leaves `share` of the pixels above it, full `soft` further up. */
function layer(grid: RasterGrid, field: Field, share: number, soft: number): Float32Array {
  const opacity = new Float32Array(grid.width * grid.height);
  if (share === 0) return opacity;
  for (let row = 0, i = 0; row < grid.height; row++) {
    const y = grid.originY + (row + 0.5) * grid.stepY;
    for (let column = 0; column < grid.width; column++, i++) {
      opacity[i] = field(grid.originX + (column + 0.5) * grid.stepX, y);
    }
  }
  const threshold = opacity.slice().sort()[Math.floor((1 - share) * (opacity.length - 1))]!;
  return opacity.map((value) => ramp(value, threshold, threshold + soft));
}
