/** EPSG codes of UTM zones, for files that spell their CRS out instead of giving its code. */
import { datumOfName, type Datum } from './datum.js';

/** Codes of zone 0 north and south (EPSG numbers by zone from there), and the zones there are. */
const CODES: Readonly<Record<Datum, { north: number; south?: number; zones: readonly [number, number] }>> = {
  'WGS 84': { north: 32600, south: 32700, zones: [1, 60] },
  ETRS89: { north: 25800, zones: [28, 38] },
  NAD83: { north: 26900, zones: [1, 23] },
};

/** Longer names are none. */
const MAX_CHARACTERS = 200;

/** The EPSG code of a UTM zone, or undefined when the datum is not one of WGS 84, ETRS89, NAD83. */
export function utmEpsg(datum: Datum | undefined, zone: number, south: boolean): number | undefined {
  if (datum === undefined || !Number.isInteger(zone)) return undefined;
  const { north, south: ofSouth, zones } = CODES[datum];
  const base = south ? ofSouth : north;
  return base !== undefined && zone >= zones[0] && zone <= zones[1] ? base + zone : undefined;
}

/**
 * The EPSG code of a name such as `WGS 84 / UTM zone 31N` or `PCS Name = WGS_1984_UTM_Zone_31N`: the datum before, the
 * zone and its hemisphere after, and nothing else.
 */
export function utmEpsgOfName(name: string): number | undefined {
  const [, datum = '', zone, hemisphere = ''] =
    /^(?:[^=]*=)?([^=]+?)[ _/]*UTM[ _]zone[ _]?(\d{1,2})[ _,]{0,3}([NS])(?:orthern|outhern)?(?: hemisphere)?\s*$/i.exec(
      name.slice(0, MAX_CHARACTERS),
    ) ?? [];
  return zone === undefined
    ? undefined
    : utmEpsg(datumOfName(datum), Number(zone), hemisphere.toLowerCase() === 's');
}
