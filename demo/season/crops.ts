/** What grows in the polder, and when: the crops of Flevoland, with their growing season at about 52.7 degrees north. */

export type Crop =
  | 'winter wheat'
  | 'winter barley'
  | 'potatoes'
  | 'sugar beet'
  | 'onions'
  | 'maize'
  | 'tulips'
  | 'permanent grassland'
  | 'temporary grassland';

/** The growing season of a crop; days are days of the year, NDVI is that of a whole field. */
export interface GrowingSeason {
  readonly group: 'cereals' | 'root crops' | 'maize' | 'bulbs' | 'grassland';
  /** Share of the fields. */
  readonly share: number;
  /** NDVI before growth begins and at its height. */
  readonly start: number;
  readonly peak: number;
  /** The day of half growth, and of half decay or of the harvest; how many days growth and decay take. */
  readonly greenUp: number;
  readonly growth: number;
  readonly senescence: number;
  readonly decay: number;
  /** Cuts of grass in a year. */
  readonly cuts: number;
  /** Share of the fields that carry a green manure after the harvest. */
  readonly catchCrop: number;
}

export const CROPS: Readonly<Record<Crop, GrowingSeason>> = {
  'winter wheat': {
    group: 'cereals',
    share: 0.18,
    start: 0.34,
    peak: 0.9,
    greenUp: 98,
    growth: 10,
    senescence: 191,
    decay: 5.5,
    cuts: 0,
    catchCrop: 0.6,
  },
  'winter barley': {
    group: 'cereals',
    share: 0.04,
    start: 0.4,
    peak: 0.88,
    greenUp: 90,
    growth: 10,
    senescence: 174,
    decay: 5,
    cuts: 0,
    catchCrop: 0.7,
  },
  potatoes: {
    group: 'root crops',
    share: 0.2,
    start: 0.17,
    peak: 0.89,
    greenUp: 158,
    growth: 5.5,
    senescence: 250,
    decay: 7,
    cuts: 0,
    catchCrop: 0,
  },
  'sugar beet': {
    group: 'root crops',
    share: 0.13,
    start: 0.16,
    peak: 0.9,
    greenUp: 157,
    growth: 7,
    senescence: 296,
    decay: 9,
    cuts: 0,
    catchCrop: 0,
  },
  onions: {
    group: 'root crops',
    share: 0.1,
    start: 0.16,
    peak: 0.74,
    greenUp: 166,
    growth: 8,
    senescence: 227,
    decay: 7,
    cuts: 0,
    catchCrop: 0.2,
  },
  maize: {
    group: 'maize',
    share: 0.09,
    start: 0.18,
    peak: 0.88,
    greenUp: 172,
    growth: 7,
    senescence: 262,
    decay: 5,
    cuts: 0,
    catchCrop: 0.3,
  },
  tulips: {
    group: 'bulbs',
    share: 0.06,
    start: 0.2,
    peak: 0.72,
    greenUp: 92,
    growth: 6,
    senescence: 163,
    decay: 6,
    cuts: 0,
    catchCrop: 0.5,
  },
  'permanent grassland': {
    group: 'grassland',
    share: 0.14,
    start: 0.62,
    peak: 0.87,
    greenUp: 92,
    growth: 12,
    senescence: 308,
    decay: 14,
    cuts: 4,
    catchCrop: 0,
  },
  'temporary grassland': {
    group: 'grassland',
    share: 0.06,
    start: 0.55,
    peak: 0.9,
    greenUp: 90,
    growth: 11,
    senescence: 308,
    decay: 14,
    cuts: 5,
    catchCrop: 0,
  },
};

/** The crop at a place 0 to 1 of the shares laid end to end. */
export function cropAt(place: number): Crop {
  let rest = place * Object.values(CROPS).reduce((sum, season) => sum + season.share, 0);
  for (const [crop, season] of Object.entries(CROPS)) {
    rest -= season.share;
    if (rest < 0) return crop as Crop;
  }
  return 'permanent grassland';
}
