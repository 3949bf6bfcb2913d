/** Geodetic datums by the names that EPSG, ESRI, ENVI and SNAP give them. */

export type Datum = 'WGS 84' | 'ETRS89' | 'NAD83';

/** Names as `plain` has them. */
const NAMES: Readonly<Record<Datum, readonly string[]>> = {
  'WGS 84': ['wgs84', 'wgs1984', 'worldgeodeticsystem1984', 'worldgeodeticsystem1984ensemble'],
  ETRS89: [
    ...['etrs89', 'etrs1989', 'europeanterrestrialreferencesystem1989'],
    'europeanterrestrialreferencesystem1989ensemble',
  ],
  NAD83: ['nad83', 'nad1983', 'northamerican1983', 'northamerica1983', 'northamericandatum1983'],
};

/**
 * The datum of this name; undefined for any other, be it one that only begins so: NAD83(CSRS), NAD83(HARN) and NAD83(2011)
 * lie up to two metres from NAD83.
 */
export function datumOfName(name: string): Datum | undefined {
  const wanted = plain(name);
  return (Object.keys(NAMES) as Datum[]).find((datum) => NAMES[datum].includes(wanted));
}

/** Letters and digits only, without ESRI's `GCS_` and `D_` before them. */
function plain(name: string): string {
  return name
    .slice(0, 100)
    .toLowerCase()
    .replace(/^\s*(gcs|d)[ _]/, '')
    .replace(/[ _/-]/g, '');
}
