/**
 * A field's greenness through the year: a double logistic curve (as Beck et al. 2006 fit to NDVI series), grassland with
 * its cuts, and a green manure after an early harvest. Every field has dates and vigour of its own.
 */
import { CROPS, type Crop } from './crops.js';
import { bell, between, random } from './random.js';

/** NDVI of a field's canopy and soil together on a day of the year. */
export type Phenology = (dayOfYear: number) => number;

/** NDVI of bare, ploughed soil. */
const BARE = 0.16;
/** Days in which cut grass makes up for half of what the cut took. */
const REGROWTH_DAYS = 11;

export function phenology(seed: number, field: number, crop: Crop): Phenology {
  const next = random(seed, 'phenology', field);
  const season = CROPS[crop];
  const start = season.start + 0.02 * bell(next);
  const peak = Math.min(0.94, season.peak + 0.03 * bell(next));
  const greenUp = season.greenUp + 4 * bell(next);
  const senescence = season.senescence + 5 * bell(next);
  const growth = season.growth * between(next, 0.85, 1.2);
  const decay = season.decay * between(next, 0.7, 1.3);
  const end = season.cuts > 0 ? start : BARE + 0.03 * next();
  const catchCrop = next() < season.catchCrop;
  const sown = senescence + between(next, 24, 38);
  const cuts = cutDays(season.cuts, next);

  return (day) => {
    const grown = logistic((day - greenUp) / growth);
    const gone = logistic((day - senescence) / decay);
    let ndvi = start + (peak - start) * grown + (end - peak) * gone;
    if (catchCrop) ndvi += 0.5 * logistic((day - sown) / 7) * (1 - logistic((day - 320) / 8));
    for (const cut of cuts) {
      if (day >= cut) ndvi -= 0.32 * Math.exp((-Math.LN2 * (day - cut)) / REGROWTH_DAYS);
    }
    return Math.min(0.95, Math.max(0.12, ndvi));
  };
}

/** Day of the year (1 January is 1) of an ISO date. */
export function dayOfYear(date: string): number {
  const day = Date.parse(`${date.slice(0, 10)}T00:00:00Z`);
  return (day - Date.UTC(Number(date.slice(0, 4)), 0, 1)) / 86_400_000 + 1;
}

/** Cuts from early May on, each four to seven weeks after the one before. */
function cutDays(count: number, next: () => number): number[] {
  const days: number[] = [];
  let day = between(next, 122, 140);
  for (let i = 0; i < count; i++) {
    days.push(day);
    day += between(next, 28, 46);
  }
  return days;
}

function logistic(t: number): number {
  return 1 / (1 + Math.exp(-t));
}
