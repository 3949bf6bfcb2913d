/** Draws chips as a picture; runs in a thread. */
import type { Chip } from './chip.js';
import { pngFile } from './png.js';

/** What of each chip is drawn darkest and brightest: so many per cent of its pixels, or numbers, a pair for each chip. */
export type Stretch = { readonly percentiles: Range } | { readonly numbers: readonly Range[] };

export type Range = readonly [low: number, high: number];

/** How chips become colours. Offsets are added to the numbers of the chips, one each. */
export type Drawing =
  | { readonly as: 'colours'; readonly stretch: Stretch; readonly offsets: readonly number[] }
  /** Of two chips, near infrared first: (a - b) / (a + b), from red at 0 over yellow to green at 1. */
  | { readonly as: 'vegetation'; readonly offsets: readonly number[] };

export interface PictureTask {
  readonly kind: 'picture';
  /** Of the same ground: red, green and blue, one for grey, or two. They may be of different resolution. */
  readonly chips: readonly Chip[];
  readonly drawing: Drawing;
}

/** A PNG file of the finest chip's size; pixels that one of the chips has no data of are left clear. */
export function drawPicture({ chips, drawing }: Omit<PictureTask, 'kind'>): Buffer {
  const width = Math.max(...chips.map(({ grid }) => grid.width));
  const height = Math.max(...chips.map(({ grid }) => grid.height));
  const layers = chips.map((chip, i) => layerOf(chip, width, height, drawing.offsets[i]!));
  const colour = drawing.as === 'colours' ? coloursOf(layers, drawing.stretch) : vegetationOf(layers);
  const picture = new Uint8Array(4 * width * height);
  for (let i = 0; i < width * height; i++) {
    if (layers.some((layer) => Number.isNaN(layer[i]))) continue;
    picture.set(colour(i), 4 * i);
    picture[4 * i + 3] = 255;
  }
  return pngFile(width, height, picture);
}

/** A chip's numbers brought to another size by repeating pixels; NaN where there is no data. */
function layerOf(
  { grid, pixels, noData }: Chip,
  width: number,
  height: number,
  offset: number,
): Float64Array {
  const layer = new Float64Array(width * height);
  for (let y = 0; y < height; y++) {
    const row = Math.floor((y * grid.height) / height) * grid.width;
    for (let x = 0; x < width; x++) {
      const value = pixels[row + Math.floor((x * grid.width) / width)]!;
      layer[y * width + x] = value === 0 || value === noData ? NaN : value + offset;
    }
  }
  return layer;
}

type Colour = (pixel: number) => readonly number[];

function coloursOf(layers: readonly Float64Array[], stretch: Stretch): Colour {
  const channels = layers.map((layer, i) => {
    const [from, to] = 'numbers' in stretch ? stretch.numbers[i]! : percentilesOf(layer, stretch.percentiles);
    const scale = to > from ? 255 / (to - from) : 0;
    return (pixel: number): number => Math.max(0, Math.min(255, Math.round((layer[pixel]! - from) * scale)));
  });
  const [red, green = red, blue = red] = channels;
  return (i) => [red!(i), green!(i), blue!(i)];
}

/** The numbers below which so many per cent of the pixels with data lie, by the nearest rank. */
function percentilesOf(layer: Float64Array, [low, high]: Range): Range {
  const sorted = layer.filter((value) => !Number.isNaN(value)).sort();
  const at = (percent: number): number => sorted[Math.round((percent / 100) * (sorted.length - 1))] ?? 0;
  return [at(low), at(high)];
}

/** Red, yellow and green at 0, a half and 1. */
const RAMP = [
  [165, 0, 38],
  [255, 255, 191],
  [0, 104, 55],
] as const;

function vegetationOf([infrared, red]: readonly Float64Array[]): Colour {
  return (i) => {
    const [a, b] = [infrared![i]!, red![i]!];
    const index = a + b === 0 ? 0 : (a - b) / (a + b);
    const at = 2 * Math.max(0, Math.min(1, index));
    const step = at >= 1 ? 1 : 0;
    const [from, to] = [RAMP[step], RAMP[step === 1 ? 2 : 1]];
    return from.map((value, channel) => Math.round(value + (to[channel]! - value) * (at - step)));
  };
}
