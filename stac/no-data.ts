/** The no-data value of an item, which STAC writes as a number or as one of the words `nan`, `inf`, `-inf`. */

import type { NoData } from '../cards/band-asset.js';

const WORDS: Readonly<Record<string, NoData>> = {
  ...{ inf: 'inf', '+inf': 'inf', infinity: 'inf' },
  ...{ '-inf': '-inf', '-infinity': '-inf' },
};

/** Undefined where nothing is said: by no value, 0 and NaN, which are no-data everywhere, and what is none of STAC's. */
export function noDataFact(value: unknown): NoData | undefined {
  if (typeof value === 'number') return Number.isFinite(value) && value !== 0 ? value : undefined;
  if (typeof value !== 'string' || value.length > 64) return undefined;
  const written = value.trim().toLowerCase();
  return WORDS[written] ?? (written === '' ? undefined : noDataFact(Number(written)));
}
