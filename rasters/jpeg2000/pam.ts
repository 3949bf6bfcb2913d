/** GDAL's auxiliary metadata beside a file (`.aux.xml`): `SRS` as WKT, `GeoTransform` with the outer corner as origin. */
import type { Georeference } from './georeference.js';

/** @returns undefined without a transform that is north-up or without the EPSG code of the whole CRS. */
export function parsePam(text: string): Georeference | undefined {
  const wkt = /<SRS\b[^>]*>([^<]*)<\/SRS>/.exec(text)?.[1]?.replaceAll('&quot;', '"').trim();
  // The last identifier of the text is that of the CRS itself; those before belong to its parts.
  const code =
    /(?:AUTHORITY|ID)\["EPSG",\s*"?(\d+)"?\]\s*\]$/.exec(wkt ?? '')?.[1] ??
    /^EPSG:(\d+)$/i.exec(wkt ?? '')?.[1];
  const numbers = /<GeoTransform>([^<]*)<\/GeoTransform>/.exec(text)?.[1]?.split(',').map(Number) ?? [];
  const [originX, stepX, skewX, originY, skewY, stepY] = numbers;
  if (code === undefined || originX === undefined || stepX === undefined) return undefined;
  if (originY === undefined || stepY === undefined || skewX !== 0 || skewY !== 0) return undefined;
  return { epsg: Number(code), originX, originY, stepX, stepY };
}
