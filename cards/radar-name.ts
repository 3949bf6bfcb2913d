/** Names of Sentinel-1 CARD products: satellite, start of sensing, and the product's kind at the end. */
import { isoTime, type ProductName } from './product-name.js';

/** `S1A_IW_GRDH_1SDV_20240304T172431_…_CARD_BS`, `S1A_20240304T172431_20240221T172431_ASC_CARD_COH6`. */
const SENTINEL_1 = /^S1([A-D])_(?:[A-Z]\w*?_)?(\d{8}T\d{6})_\w*CARD[_-]([A-Z0-9]+)$/;

/** @param kind what the names of the CARD type's products end with: `BS`. */
export function parseRadarName(name: string, card: string, kind: string): ProductName | undefined {
  const [, satellite, start, found] = SENTINEL_1.exec(name) ?? [];
  if (satellite === undefined || start === undefined || found !== kind) return undefined;
  return { card, reference: name, sensor: `1${satellite}`, obstime: isoTime(start) };
}
