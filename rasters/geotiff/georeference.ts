/** Where a GeoTIFF lies on the ground (OGC 19-008r4, GeoTIFF 1.1). */
import { checkLinearUnit, FOOT, US_SURVEY_FOOT } from '../crs-units.js';
import { Damage } from '../damage.js';
import type { RasterGrid } from '../raster.js';
import { Unsupported } from '../unsupported.js';
import { utmEpsgOfName } from '../utm.js';
import type { Directory } from './directory.js';
import type { GeoKeys } from './geo-keys.js';
import { epsgOfWkt } from '../wkt.js';
import { readTransform } from './transform.js';

const MODEL_PROJECTED = 1;
const MODEL_GEOGRAPHIC = 2;
const MODEL_GEOCENTRIC = 3;
const PIXEL_IS_POINT = 2;
const USER_DEFINED = 32767;
const WGS_84 = 4326;
/** The geographic CRS of UTM codes, by their hundreds. */
const GEOGRAPHIC_OF_UTM: Readonly<Record<number, number>> = {
  258: 4258,
  269: 4269,
  326: WGS_84,
  327: WGS_84,
};
const SOUTHERN = 327;

/** Metres of the units of length that files have (EPSG's codes). */
const METRES: Readonly<Record<number, number>> = { 9001: 1, 9002: FOOT, 9003: US_SURVEY_FOOT, 9036: 1000 };
/** Degrees, and degrees that are to be shown as minutes and seconds: GDAL too takes the numbers for decimal ones. */
const DEGREES: readonly number[] = [9102, 9107, 9108, 9110, 9122];

/**
 * The CRS and the north-up transform; the origin is the outer corner of the upper left pixel.
 * @throws Damage, Unsupported for a file without CRS or transform, with ones that contradict each other, not north up, or
 * in units that are not those of its CRS.
 */
export function readGeoreference(directory: Directory): Omit<RasterGrid, 'width' | 'height'> {
  const keys = directory.geoKeys();
  const { originX, originY, stepX, stepY } = readTransform(directory);
  const epsg = readEpsg(keys);
  checkEsriWkt(keys, epsg);
  // Where a pixel is a point, the transform leads to its centre.
  const shift = keys.number('GTRasterTypeGeoKey') === PIXEL_IS_POINT ? 0.5 : 0;
  return { epsg, originX: originX - shift * stepX, originY: originY - shift * stepY, stepX, stepY };
}

function readEpsg(keys: GeoKeys): number {
  if (keys.isEmpty) throw new Unsupported('names no CRS; set one by gdal_edit.py -a_srs EPSG:…');
  const model = keys.number('GTModelTypeGeoKey');
  if (model === MODEL_GEOCENTRIC)
    throw new Unsupported('has a geocentric CRS; warp it to a grid on the ground');
  const projected = keys.number('ProjectedCSTypeGeoKey');
  const geographic = keys.number('GeographicTypeGeoKey');
  if (isCode(projected)) {
    if (model !== undefined && model !== MODEL_PROJECTED && model !== USER_DEFINED)
      throw new Damage(`names the projected CRS EPSG:${projected}, but says that its CRS is none`);
    return inItsUnit(keys, projected);
  }
  if (isCode(geographic) && (model === MODEL_GEOGRAPHIC || isEsriGeographic(keys, model))) {
    const unit = keys.number('GeogAngularUnitsGeoKey');
    if (unit === undefined || DEGREES.includes(unit)) return geographic;
    throw new Unsupported(`has coordinates in the angular unit ${unit}; warp it to a CRS in degrees`);
  }
  const spelt = model === MODEL_GEOGRAPHIC ? undefined : (utmByProjection(keys) ?? utmByCitation(keys));
  if (spelt !== undefined) return inItsUnit(keys, spelt);
  throw new Unsupported('has a CRS without an EPSG code; set one by gdal_edit.py -a_srs EPSG:…');
}

/** ArcGIS calls every model user-defined, and tells the CRS in its own WKT besides the code. */
function isEsriGeographic(keys: GeoKeys, model: number | undefined): boolean {
  return model === USER_DEFINED && (esriWkt(keys)?.startsWith('GEOGCS[') ?? false);
}

function esriWkt(keys: GeoKeys): string | undefined {
  return /^ESRI PE String = (.*)/s.exec(keys.text('PCSCitationGeoKey') ?? '')?.[1];
}

/** GDAL goes by the WKT of ArcGIS, we by the code: they must not differ. */
function checkEsriWkt(keys: GeoKeys, epsg: number): void {
  const wkt = esriWkt(keys);
  const told = wkt === undefined ? undefined : epsgOfWkt(wkt);
  if (told !== undefined && told !== epsg)
    throw new Damage(`names the CRS EPSG:${epsg}, but its 'ESRI PE String' is that of EPSG:${told}`);
}

/** GDAL believes the unit of the file, and so has another CRS than that of the code. */
function inItsUnit(keys: GeoKeys, epsg: number): number {
  const unit = keys.number('ProjLinearUnitsGeoKey');
  if (unit === undefined) return epsg;
  const metres = unit === USER_DEFINED ? keys.number('ProjLinearUnitSizeGeoKey') : METRES[unit];
  if (metres === undefined)
    throw new Unsupported(`has coordinates in the unit EPSG:${unit}; warp it to a CRS in metres`);
  checkLinearUnit(epsg, metres);
  return epsg;
}

/** A user-defined CRS of WGS 84 and EPSG's projection `UTM zone zz N` (160zz) or `S` (161zz). */
function utmByProjection(keys: GeoKeys): number | undefined {
  const projection = keys.number('ProjectionGeoKey');
  if (keys.number('GeographicTypeGeoKey') !== WGS_84 || projection === undefined) return undefined;
  const zone = projection % 100;
  if (zone < 1 || zone > 60) return undefined;
  if (projection - zone === 16000) return 32600 + zone;
  return projection - zone === 16100 ? 32700 + zone : undefined;
}

function utmByCitation(keys: GeoKeys): number | undefined {
  for (const key of ['PCSCitationGeoKey', 'GTCitationGeoKey'] as const) {
    const citation = keys.text(key);
    const epsg = citation === undefined ? undefined : utmEpsgOfName(citation);
    if (epsg !== undefined) return isCitedRight(keys, epsg) ? epsg : undefined;
  }
  return undefined;
}

/** Whether the keys that stand beside a citation name the same geographic CRS and the same zone, where they name any. */
function isCitedRight(keys: GeoKeys, epsg: number): boolean {
  const geographic = keys.number('GeographicTypeGeoKey');
  const projection = keys.number('ProjectionGeoKey');
  const south = Math.floor(epsg / 100) === SOUTHERN;
  const isOfDatum = !isCode(geographic) || geographic === GEOGRAPHIC_OF_UTM[Math.floor(epsg / 100)];
  return isOfDatum && (!isCode(projection) || projection === (south ? 16100 : 16000) + (epsg % 100));
}

function isCode(value: number | undefined): value is number {
  return value !== undefined && value > 0 && value < USER_DEFINED;
}
