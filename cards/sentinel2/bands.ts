/** The bands of Level-2A products: their resolution, and what results and files call them. */
import type { ObjectInfo } from '../../store/object-store.js';
import type { BandNames, BandSource } from '../card.js';

/** Bands at their native resolution; L2A has no B10. Reflectances, then the class map and the atmosphere's products. */
export const RESOLUTION_M: Readonly<Record<string, 10 | 20 | 60>> = {
  ...{
    B01: 60,
    B02: 10,
    B03: 10,
    B04: 10,
    B05: 20,
    B06: 20,
    B07: 20,
    B08: 10,
    B8A: 20,
    B09: 60,
    B11: 20,
    B12: 20,
  },
  ...{ SC: 20, AOT: 10, WVP: 10 },
};

/** The scene classification. */
export const CLASS_BAND = 'SC';

/** Both presets have B8A as it is; CbM's scripts wrote B4 for B04. */
export function bandName(band: string, names: BandNames): string {
  return names === 'scripts' ? band.replace(/^B0/, 'B') : band;
}

export const notFound = (band: string, names: BandNames): string => `${bandName(band, names)} notfound`;

export function sourceOf(band: string, object: ObjectInfo): BandSource {
  return { band, objects: [object], rasterBand: 1, classes: band === CLASS_BAND };
}
