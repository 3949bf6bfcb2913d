/** EPSG codes of UTM zones, for files that spell their CRS out instead of giving its code. */

/** Datum by the spellings of EPSG, ESRI, ENVI and SNAP; codes of zone 0 north and south (EPSG numbers by zone from there). */
const DATUMS: readonly { name: RegExp; north: number; south?: number; zones: readonly [number, number] }[] = [
  {
    name: /WGS[ _-]*(19)?84|World[ _]Geodetic[ _]System[ _]1984/i,
    north: 32600,
    south: 32700,
    zones: [1, 60],
  },
  {
    name: /ETRS[ _-]*(19)?89|European[ _]Terrestrial[ _]Reference[ _]System[ _]1989/i,
    north: 25800,
    zones: [28, 38],
  },
  { name: /NAD[ _-]*(19)?83|North[ _]American?[ _](Datum[ _])?1983/i, north: 26900, zones: [1, 23] },
];

/** The EPSG code of a UTM zone, or undefined when the datum is not one of WGS 84, ETRS89, NAD83. */
export function utmEpsg(datum: string, zone: number, south: boolean): number | undefined {
  const found = DATUMS.find(({ name }) => name.test(datum));
  const base = south ? found?.south : found?.north;
  if (found === undefined || base === undefined || !Number.isInteger(zone)) return undefined;
  return zone >= found.zones[0] && zone <= found.zones[1] ? base + zone : undefined;
}

/** The EPSG code of a name such as `WGS 84 / UTM zone 31N` or `WGS_1984_UTM_Zone_31N`, datum and hemisphere included. */
export function utmEpsgOfName(name: string): number | undefined {
  const [, zone, hemisphere] = /UTM[ _]zone[ _]?(\d{1,2})[ _,]*([NS])(?![a-rt-z])/i.exec(name) ?? [];
  return zone === undefined
    ? undefined
    : utmEpsg(name.replace(/UTM.*$/i, ''), Number(zone), /s/i.test(hemisphere ?? ''));
}

/** WGS 84 longitude and latitude, by any spelling of it. */
export function isWgs84(datum: string): boolean {
  return DATUMS[0]?.name.test(datum) === true;
}
