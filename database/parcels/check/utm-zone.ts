/** The zone of UTM that a parcel lies in, in SQL: Sentinel-2's tiles are cut from the grids of these zones. */
import type { Transform } from '../../selection/projected-box.js';
import type { CheckedTable } from './table.js';

/** Longitude and latitude of the middle of parcel `p`; NULL where they can't be told. */
export function placeOf({ crs }: Pick<CheckedTable, 'crs'>, transform: Transform | undefined): string {
  const middle = `ST_Centroid(ST_Envelope(p.wkb_geometry))`;
  // Longitude and latitude need no transformation to say where a parcel lies.
  if (crs.geographic) return middle;
  return transform === undefined ? 'NULL::geometry' : `${transform}(${middle}, 4326)`;
}

/** EPSG code of the zone that `place`, a column of longitude and latitude, lies in. */
export const UTM_ZONE =
  '(CASE WHEN ST_Y(place) < 0 THEN 32700 ELSE 32600 END + least(60, greatest(1, 1 + floor((ST_X(place) + 180) / 6)))::int)';
