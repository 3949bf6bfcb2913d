/** Paints a Sentinel-2 scene: surface reflectance in red and near infrared, and the scene classification. */
import { GRID_10M, GRID_20M, insideSwath } from './area.js';
import type { OpticalScene } from './calendar.js';
import { WATER, type Ground } from './ground.js';
import { dayOfYear, type Phenology } from './phenology.js';
import { random } from './random.js';
import { sky, type Sky } from './sky.js';

export interface OpticalPixels {
  /** Digital numbers, 10 m: reflectance x 10000 + 1000; 0 is no-data. */
  readonly B04: Uint16Array;
  readonly B08: Uint16Array;
  /** Classes of the scene classification, 20 m. */
  readonly SCL: Uint8Array;
}

/** Of each patch, by its label: a field's phenology, or the NDVI of what stays the same. 0 is the land between patches. */
export type Canopies = readonly Phenology[];

export const QUANTIFICATION = 10_000;
export const BOA_ADD_OFFSET = -1000;

/** Reflectance of bare soil and of a closed canopy; what lies between is a mixture. */
const SOIL = { red: 0.135, nir: 0.185 };
const CANOPY = { red: 0.021, nir: 0.49 };
const LAKE = { red: 0.036, nir: 0.02 };
const CLOUD = { red: 0.62, nir: 0.6 };

/** Classes of ESA's scene classification map. */
const SCL = {
  noData: 0,
  shadow: 3,
  vegetation: 4,
  bare: 5,
  water: 6,
  unclassified: 7,
  medium: 8,
  high: 9,
  cirrus: 10,
};

export function paintOptical(
  seed: number,
  scene: OpticalScene,
  canopies: Canopies,
  fine: Ground,
  coarse: Ground,
): OpticalPixels {
  const ndvi = canopies.map((canopy) => canopy(dayOfYear(scene.obstime)));
  const above = sky(seed, scene.obstime.slice(0, 10), GRID_20M, scene.clouds, scene.cirrus);
  const pixels = {
    B04: new Uint16Array(fine.labels.length),
    B08: new Uint16Array(fine.labels.length),
    SCL: classify(scene, ndvi, coarse, above),
  };
  const next = random(seed, 'sensor noise', scene.reference);
  const half = GRID_20M.width;
  for (let row = 0, i = 0; row < GRID_10M.height; row++) {
    for (let column = 0; column < GRID_10M.width; column++, i++) {
      if (!sees(scene, GRID_10M, column, row)) continue;
      const overhead = (row >> 1) * half + (column >> 1);
      const label = fine.labels[i]!;
      const texture = fine.texture[i]!;
      let { red, nir } =
        label === WATER ? LAKE : surface(ndvi[label]! + 0.09 * texture * ndvi[label]!, texture);
      const shade = 1 - 0.6 * above.shadow[overhead]!;
      const veil = Math.max(above.cloud[overhead]!, 0.3 * above.cirrus[overhead]!);
      red = red * shade * (1 - veil) + CLOUD.red * veil;
      nir = nir * shade * (1 - veil) + CLOUD.nir * veil;
      pixels.B04[i] = digitalNumber(red + 0.0022 * (next() - 0.5));
      pixels.B08[i] = digitalNumber(nir + 0.005 * (next() - 0.5));
    }
  }
  return pixels;
}

/** The mixture of soil and canopy that has the NDVI asked for; the soil's brightness varies with `texture`. */
function surface(ndvi: number, texture: number): { red: number; nir: number } {
  const bright = 1 - 0.16 * texture;
  const [red0, nir0] = [SOIL.red * bright, SOIL.nir * bright];
  const [red1, nir1] = [CANOPY.red - red0, CANOPY.nir - nir0];
  const cover = (nir0 - red0 - ndvi * (nir0 + red0)) / (ndvi * (nir1 + red1) - (nir1 - red1));
  const share = Math.min(1, Math.max(0, cover));
  return { red: red0 + share * red1, nir: nir0 + share * nir1 };
}

function digitalNumber(reflectance: number): number {
  return Math.max(1, Math.round(reflectance * QUANTIFICATION) - BOA_ADD_OFFSET);
}

function classify(scene: OpticalScene, ndvi: readonly number[], coarse: Ground, above: Sky): Uint8Array {
  const classes = new Uint8Array(coarse.labels.length);
  for (let row = 0, i = 0; row < GRID_20M.height; row++) {
    for (let column = 0; column < GRID_20M.width; column++, i++) {
      if (!sees(scene, GRID_20M, column, row)) continue;
      const label = coarse.labels[i]!;
      const cloud = above.cloud[i]!;
      if (cloud > 0.75) classes[i] = SCL.high;
      else if (cloud > 0.2) classes[i] = SCL.medium;
      else if (above.shadow[i]! > 0.35) classes[i] = SCL.shadow;
      else if (above.cirrus[i]! > 0.3) classes[i] = SCL.cirrus;
      else if (cloud > 0.05) classes[i] = SCL.unclassified;
      else if (label === WATER) classes[i] = SCL.water;
      else classes[i] = ndvi[label]! + 0.06 * coarse.texture[i]! > 0.36 ? SCL.vegetation : SCL.bare;
    }
  }
  return classes;
}

/** Whether the pixel's centre lies inside the swath. */
function sees(scene: OpticalScene, grid: typeof GRID_10M, column: number, row: number): boolean {
  if (!scene.edge) return true;
  const x = grid.originX + (column + 0.5) * grid.stepX;
  return insideSwath(scene.edge, x, grid.originY + (row + 0.5) * grid.stepY) >= 0;
}
