/** Paints Sentinel-1 scenes: backscatter (gamma0, linear) and coherence, both float32 with no-data 0. */
import type { RasterGrid } from '../../rasters/index.js';
import { insideSwath } from './area.js';
import type { BackscatterScene, CoherenceScene } from './calendar.js';
import { CROPS, type GrowingSeason } from './crops.js';
import { WATER, type Ground } from './ground.js';
import type { Patch } from './landscape.js';
import type { Canopies } from './optical.js';
import { dayOfYear } from './phenology.js';
import { bell, between, random } from './random.js';

export interface RadarPixels {
  readonly VV: Float32Array;
  readonly VH: Float32Array;
}

/** Backscatter in dB: what it is without a canopy, and what a closed canopy adds. */
interface Echo {
  readonly VV: number;
  readonly VH: number;
}

const BARE: Echo = { VV: -11.5, VH: -20 };
/** A cereal's upright stems dim VV; broad leaves brighten VH. */
const CANOPY: Readonly<Record<GrowingSeason['group'], Echo>> = {
  cereals: { VV: -5, VH: -1.5 },
  'root crops': { VV: 1.5, VH: 5 },
  maize: { VV: 1, VH: 4 },
  bulbs: { VV: -0.5, VH: 2 },
  grassland: { VV: -1.5, VH: -0.5 },
};
const FIXED: Readonly<Record<'woods' | 'village' | 'water', Echo>> = {
  woods: { VV: -8.5, VH: -13.5 },
  village: { VV: -3.5, VH: -11.5 },
  water: { VV: -20, VH: -27 },
};
const FIXED_COHERENCE = { woods: 0.24, village: 0.82, water: 0.12 };
/** Looks averaged in a pixel: speckle is gamma distributed with this shape. */
const LOOKS = 5;

export function paintBackscatter(
  seed: number,
  scene: BackscatterScene,
  patches: readonly Patch[],
  canopies: Canopies,
  land: Ground,
): RadarPixels {
  const day = dayOfYear(scene.obstime);
  const weather = random(seed, 'soil moisture', scene.obstime);
  const moist = 1.2 * bell(weather);
  const echoes = canopies.map((canopy, label): Echo => {
    const patch = patches[label - 1];
    if (!patch) return { VV: -12.5 + moist, VH: -21 + moist };
    if (patch.kind !== 'field') return FIXED[patch.kind];
    const cover = Math.min(1, Math.max(0, (canopy(day) - 0.16) / 0.72));
    const gain = CANOPY[CROPS[patch.crop].group];
    const rough = bell(random(seed, 'roughness', patch.field));
    const soil = rough + moist * (1 - 0.7 * cover);
    return { VV: BARE.VV + gain.VV * cover + soil, VH: BARE.VH + gain.VH * cover + 0.8 * soil };
  });
  const next = random(seed, 'speckle', scene.reference);
  return paint(land, scene, (label, texture) => {
    const echo = label === WATER ? FIXED.water : echoes[label]!;
    return [linear(echo.VV + 0.8 * texture) * speckle(next), linear(echo.VH + 0.6 * texture) * speckle(next)];
  });
}

export function paintCoherence(
  seed: number,
  scene: CoherenceScene,
  patches: readonly Patch[],
  canopies: Canopies,
  land: Ground,
): RadarPixels {
  const [day, before] = [dayOfYear(scene.obstime), dayOfYear(scene.before)];
  const base = canopies.map((canopy, label) => {
    const patch = patches[label - 1];
    if (patch && patch.kind !== 'field') return FIXED_COHERENCE[patch.kind];
    const [now, then] = [canopy(day), canopy(before)];
    return 0.78 - 0.6 * Math.max(now, then) - 0.8 * Math.abs(now - then);
  });
  const next = random(seed, 'decorrelation', scene.reference);
  return paint(land, scene, (label, texture) => {
    const middle = (label === WATER ? FIXED_COHERENCE.water : base[label]!) + 0.05 * texture;
    return [coherence(middle + 0.08 * bell(next)), coherence(middle - 0.06 + 0.08 * bell(next))];
  });
}

function paint(
  land: Ground,
  scene: BackscatterScene | CoherenceScene,
  pixel: (label: number, texture: number) => [number, number],
): RadarPixels {
  const { grid, labels, texture } = land;
  const pixels = { VV: new Float32Array(labels.length), VH: new Float32Array(labels.length) };
  for (let i = 0; i < labels.length; i++) {
    if (scene.edge && insideSwath(scene.edge, ...centre(grid, i)) < 0) continue;
    const [vv, vh] = pixel(labels[i]!, texture[i]!);
    pixels.VV[i] = vv;
    pixels.VH[i] = vh;
  }
  return pixels;
}

function centre(grid: RasterGrid, i: number): [number, number] {
  const row = Math.floor(i / grid.width);
  return [grid.originX + (i - row * grid.width + 0.5) * grid.stepX, grid.originY + (row + 0.5) * grid.stepY];
}

function linear(decibels: number): number {
  return Math.exp((decibels * Math.LN10) / 10);
}

/** Gamma distributed, mean 1: a sum of exponentials is the logarithm of a product. */
function speckle(next: () => number): number {
  let product = 1;
  for (let look = 0; look < LOOKS; look++) product *= between(next, 1, 0);
  return -Math.log(product) / LOOKS;
}

function coherence(value: number): number {
  return Math.min(0.99, Math.max(0.02, value));
}
