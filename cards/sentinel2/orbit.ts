/**
 * Orbits of Sentinel-2 products: the name bears the relative one. It does not follow from the absolute orbit for long, since
 * satellites were moved more than once.
 */
import { type Orbit, orbitNumber, type OrbitRules } from '../orbit.js';

const CYCLE = 143;

/** `…_N0510_R051_T31UFS_…`, and `…_R051_V2016…` of before December 2016, which bears no tile. */
const NAME = /^S2[A-D]_.*_R(\d{3})_(?:T\d{2}([A-Z])|V)/;

/**
 * Latitude bands of tiles between 64 degrees south and north. Images are taken by daylight, where the way is southwards by
 * day; nearer to a pole summer nights are bright, and there are images of the way north too.
 */
const DESCENDING_ONLY = /[E-V]/;

export const opticalOrbit: OrbitRules = {
  cycle: CYCLE,

  byName(reference: string): Orbit {
    const [, orbit, latitudes = ''] = NAME.exec(reference) ?? [];
    const value = orbitNumber(Number(orbit), CYCLE);
    return {
      relative: value === undefined ? undefined : { value, source: 'name' },
      pass: DESCENDING_ONLY.test(latitudes) ? { value: 'descending', source: 'mission' } : undefined,
    };
  },
};
