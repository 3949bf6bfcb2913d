/** Where a GeoTIFF lies on the ground (OGC 19-008r4, GeoTIFF 1.1). */
import { Damage } from '../damage.js';
import type { RasterGrid } from '../raster.js';
import { utmEpsgOfName } from '../utm.js';
import type { Directory, TagName } from './directory.js';

const MODEL_GEOGRAPHIC = 2;
const PIXEL_IS_POINT = 2;
const USER_DEFINED = 32767;
const WGS_84 = 4326;

type GeoKeys = Directory['geoKeys'];

/**
 * The CRS and the north-up transform; the origin is the outer corner of the upper left pixel.
 * @throws Damage for a file without them, or with a rotated grid.
 */
export function readGeoreference(directory: Directory): Omit<RasterGrid, 'width' | 'height'> {
  const keys = directory.geoKeys;
  const { originX, originY, stepX, stepY } = readTransform(directory);
  const epsg = readEpsg(keys);
  // Where a pixel is a point, the transform leads to its centre.
  const shift = keys.get('GTRasterTypeGeoKey') === PIXEL_IS_POINT ? 0.5 : 0;
  return { epsg, originX: originX - shift * stepX, originY: originY - shift * stepY, stepX, stepY };
}

function readTransform(directory: Directory): Omit<RasterGrid, 'width' | 'height' | 'epsg'> {
  const [scaleX, scaleY] = list(directory, 'ModelPixelScale');
  const [column, row, , x, y] = list(directory, 'ModelTiepoint');
  if (scaleX !== undefined && scaleY !== undefined && scaleX !== 0 && scaleY !== 0) {
    if (column === undefined || row === undefined || x === undefined || y === undefined) {
      throw new Damage('has a pixel size but no tie point');
    }
    // Some writers give the step as it is, negative; the scale of a north-up image means its size.
    const stepY = -Math.abs(scaleY);
    return northUp({ originX: x - column * scaleX, originY: y - row * stepY, stepX: scaleX, stepY });
  }
  const [a, b, , d, e, f, , h] = list(directory, 'ModelTransformation');
  if (a === undefined || d === undefined || f === undefined || h === undefined) {
    const points = directory.has('ModelTiepoint');
    throw new Damage(points ? 'has ground control points only; warp it to a grid' : 'has no georeference');
  }
  if (b !== 0 || e !== 0) throw new Damage('has a rotated grid; warp it to a north-up one');
  return northUp({ originX: d, originY: h, stepX: a, stepY: f });
}

function list(directory: Directory, tag: TagName): number[] {
  return Array.from(directory.numbers(tag) ?? []);
}

function northUp<T extends { stepX: number; stepY: number }>(transform: T): T {
  if (!Object.values(transform).every(Number.isFinite))
    throw new Damage('has a transform that is not finite');
  if (transform.stepX > 0 && transform.stepY < 0) return transform;
  throw new Damage('has a grid that is not north-up; warp it to one that is');
}

function readEpsg(keys: GeoKeys): number {
  const projected = keys.get('ProjectedCSTypeGeoKey');
  const geodetic = keys.get('GeographicTypeGeoKey');
  if (isCode(projected)) return projected;
  if (projected === undefined && keys.get('GTModelTypeGeoKey') === MODEL_GEOGRAPHIC && isCode(geodetic))
    return geodetic;
  const spelt = utmByProjection(keys) ?? utmByCitation(keys);
  if (spelt !== undefined) return spelt;
  throw new Damage(
    keys.size === 0
      ? 'names no CRS; set one by gdal_edit.py -a_srs EPSG:…'
      : 'has a CRS without an EPSG code; set one by gdal_edit.py -a_srs EPSG:…',
  );
}

/** A user-defined CRS of WGS 84 and EPSG's projection `UTM zone zz N` (160zz) or `S` (161zz). */
function utmByProjection(keys: GeoKeys): number | undefined {
  const projection = keys.get('ProjectionGeoKey');
  if (keys.get('GeographicTypeGeoKey') !== WGS_84 || typeof projection !== 'number') return undefined;
  const zone = projection % 100;
  if (zone < 1 || zone > 60) return undefined;
  if (projection - zone === 16000) return 32600 + zone;
  return projection - zone === 16100 ? 32700 + zone : undefined;
}

function utmByCitation(keys: GeoKeys): number | undefined {
  for (const key of ['PCSCitationGeoKey', 'GTCitationGeoKey']) {
    const citation = keys.get(key);
    const epsg = typeof citation === 'string' ? utmEpsgOfName(citation) : undefined;
    if (epsg !== undefined) return epsg;
  }
  return undefined;
}

function isCode(value: unknown): value is number {
  return typeof value === 'number' && value > 0 && value < USER_DEFINED;
}
