/**
 * GeoJP2: a `uuid` box that holds a TIFF file of one pixel, with GeoTIFF's tags (OGC 19-008r4) for the real image.
 */
import { Bytes } from './bytes.js';
import type { Georeference } from './georeference.js';
import { Damage } from '../damage.js';

const UUID = 'b14bf8bd083d4b43a5ae8cd7d5a6ce03';
const MODEL_PIXEL_SCALE = 33550;
const MODEL_TIEPOINT = 33922;
const MODEL_TRANSFORMATION = 34264;
const GEO_KEY_DIRECTORY = 34735;
const RASTER_TYPE = 1025;
const GEODETIC_CRS = 2048;
const PROJECTED_CRS = 3072;
const PIXEL_IS_POINT = 2;
const USER_DEFINED = 32767;

/** @param box content of a `uuid` box. @returns undefined where it isn't GeoJP2, or isn't north-up with an EPSG code. */
export function parseGeoJp2(box: Uint8Array): Georeference | undefined {
  if (Buffer.from(box.subarray(0, 16)).toString('hex') !== UUID) return undefined;
  try {
    const tags = readTags(box.subarray(16));
    const keys = readKeys(tags.get(GEO_KEY_DIRECTORY) ?? []);
    const code = keys.get(PROJECTED_CRS) ?? keys.get(GEODETIC_CRS);
    const place = readTransform(tags);
    if (code === undefined || code === USER_DEFINED || !place) return undefined;
    // The tiepoint of a pixel that is a point is its centre.
    const shift = keys.get(RASTER_TYPE) === PIXEL_IS_POINT ? 0.5 : 0;
    return {
      epsg: code,
      originX: place.originX - shift * place.stepX,
      originY: place.originY - shift * place.stepY,
      stepX: place.stepX,
      stepY: place.stepY,
    };
  } catch (error) {
    if (error instanceof Damage) return undefined;
    throw error;
  }
}

/** Numbers of the tags of the first directory: SHORT and DOUBLE, which are all that GeoTIFF's own tags use. */
function readTags(tiff: Uint8Array): Map<number, number[]> {
  const littleEndian = tiff[0] === 0x49;
  const bytes = new Bytes(tiff, 'GeoJP2 box', littleEndian);
  bytes.seek(4);
  bytes.seek(bytes.u32());
  const tags = new Map<number, number[]>();
  for (let left = bytes.u16(); left > 0; left--) {
    const [tag, type, count] = [bytes.u16(), bytes.u16(), bytes.u32()];
    const next = bytes.position + 4;
    const size = type === 3 ? 2 : type === 12 ? 8 : undefined;
    if (size !== undefined) {
      if (count * size > tiff.length) throw new Damage('has a damaged GeoJP2 box');
      if (count * size > 4) bytes.seek(bytes.u32());
      tags.set(
        tag,
        Array.from({ length: count }, () => (type === 3 ? bytes.u16() : bytes.f64())),
      );
    }
    bytes.seek(next);
  }
  return tags;
}

/** Keys whose value stands in the directory itself (location 0): all codes do. */
function readKeys(directory: readonly number[]): Map<number, number> {
  const keys = new Map<number, number>();
  for (let at = 4; at + 3 < directory.length; at += 4) {
    if (directory[at + 1] === 0) keys.set(directory[at]!, directory[at + 3]!);
  }
  return keys;
}

function readTransform(tags: Map<number, number[]>): Omit<Georeference, 'epsg'> | undefined {
  const [scaleX, scaleY] = tags.get(MODEL_PIXEL_SCALE) ?? [];
  const [column, row, , x, y] = tags.get(MODEL_TIEPOINT) ?? [];
  if (scaleX !== undefined && scaleY !== undefined && column !== undefined && row !== undefined) {
    if (x === undefined || y === undefined) return undefined;
    return { originX: x - column * scaleX, originY: y + row * scaleY, stepX: scaleX, stepY: -scaleY };
  }
  const [a, b, , d, e, f, , h] = tags.get(MODEL_TRANSFORMATION) ?? [];
  if (a === undefined || d === undefined || f === undefined || h === undefined || b !== 0 || e !== 0)
    return undefined;
  return { originX: d, originY: h, stepX: a, stepY: f };
}
