/** Processing baselines of Sentinel-2, as `05.10`: the version of ESA's processor that made a product. */
import type { BaselineOffset } from '../card.js';

/** Products carry an offset since 04.00, whenever they were sensed: old scenes are made again. */
const FIRST_WITH_OFFSET = '04.00';
/** What people make with Sen2Cor themselves bears this in place of a baseline, whatever its version. */
const MADE_BY_USERS = '99.99';
export const OFFSET_SINCE_0400 = -1000;

/** For checks of many scenes at once, in the database. */
export const baselineOffset: BaselineOffset = {
  inName: '_N([0-9]{4})_',
  since: FIRST_WITH_OFFSET,
  unknown: MADE_BY_USERS,
  offset: OFFSET_SINCE_0400,
};

/** The baseline in a product's name, `…_N0510_…`. */
export function baselineOfName(reference: string): string | undefined {
  const [, major, minor] = /_N(\d{2})(\d{2})_/.exec(reference) ?? [];
  return major === undefined || minor === undefined ? undefined : `${major}.${minor}`;
}

/** A baseline as metadata and STAC items write it; undefined for what is none. */
export function parseBaseline(text: string | null | undefined): string | undefined {
  const [, major, minor] = /^\s*(\d{1,2})\.(\d{2})\s*$/.exec(text ?? '') ?? [];
  return major === undefined || minor === undefined ? undefined : `${major.padStart(2, '0')}.${minor}`;
}

/** Whether products of the baseline carry an offset; undefined where a baseline, or the lack of one, does not say. */
export function hasOffset(baseline: string | undefined): boolean | undefined {
  if (baseline === undefined || baseline === MADE_BY_USERS) return undefined;
  return baseline >= FIRST_WITH_OFFSET;
}
