/** Whether a raster lies where the catalogue says that its scene does. */
import type { Box } from '../selection/box.js';
import type { CheckedSelection } from '../selection/check.js';
import { query } from '../session/session.js';
import type { Database } from '../session/session.js';
import type { Grid } from '../terms.js';

/** Where raster and footprint lie, in degrees of longitude and latitude. */
export interface PlaceComparison {
  /** False where they share no ground. */
  readonly meets: boolean;
  readonly footprint: Box;
  /** Null where the raster's coordinates are no place on the earth, or none that can be told. */
  readonly raster: Box | null;
}

/**
 * Footprints are drawn coarsely, and rasters are clips of a tile or partly filled: neither need lie inside the other. So
 * many degrees apart, some 10 km, a raster is another place's.
 */
const TOLERANCE = 0.1;

/** Corners along an edge: straight edges bend in another projection. */
const CORNERS = 64;

const BOX = (shape: string) =>
  `json_build_object('minX', ST_XMin(${shape}), 'minY', ST_YMin(${shape}), 'maxX', ST_XMax(${shape}), 'maxY', ST_YMax(${shape}))`;

/** Within a turn of the globe; a transformation to degrees within degrees looks at nothing. */
const ON_EARTH = (shape: string) =>
  `(ST_YMin(${shape}) >= -91 AND ST_YMax(${shape}) <= 91 AND ST_XMin(${shape}) >= -541 AND ST_XMax(${shape}) <= 541)`;

/**
 * Longitudes start anew at 180 degrees: a raster that crosses them is unwrapped, and compared a turn further and back. A
 * footprint that crosses them reaches all around where it was not cut, or had to become one polygon: its longitudes say
 * nothing, its latitudes do. Nothing can be said of a raster that holds a pole, or of which PROJ knows the middle only.
 * Coordinates far beyond a projection may come out as any place, but do not lead back from there.
 * Parameters: $1 scene, $2 to $5 the raster's sides, $6 their EPSG code, $7 longest straight line, $8 tolerance.
 */
const CHECK = ({ catalogue }: Pick<CheckedSelection, 'catalogue'>) => `
  WITH raster AS MATERIALIZED (
    SELECT parcelwise.transform_or_null(ST_Segmentize(ST_MakeEnvelope($2, $3, $4, $5, $6), $7), 4326) AS shape,
           ST_SetSRID(ST_MakePoint(($2::float8 + $4) / 2, ($3::float8 + $5) / 2), $6) AS middle
  ), turned AS MATERIALIZED (
    SELECT shape, middle, parcelwise.transform_or_null(parcelwise.transform_or_null(middle, 4326), $6) AS back FROM raster
  ), ground AS MATERIALIZED (
    SELECT CASE WHEN ST_XMax(shape) - ST_XMin(shape) > 180 THEN ST_ShiftLongitude(shape) ELSE shape END AS shape,
           coalesce(abs(ST_Y(middle) - ST_Y(back)) < $7 + 1
             AND least(abs(ST_X(middle) - ST_X(back)), abs(abs(ST_X(middle) - ST_X(back)) - 360)) < $7 + 1, false)
             AND coalesce(${ON_EARTH('shape')}, true) AS somewhere
    FROM turned
  ), compared AS (
    SELECT s.footprint, g.*,
           g.shape IS NULL OR NOT ST_XMax(g.shape) - ST_XMin(g.shape) <= 180 AS untold,
           ST_XMax(s.footprint) - ST_XMin(s.footprint) > 180 AS around
    FROM ground g, ${catalogue.key} s
    WHERE s.id = $1 AND NOT ST_IsEmpty(s.footprint) AND EXISTS (SELECT FROM spatial_ref_sys WHERE srid = $6)
  )
  SELECT CASE WHEN NOT somewhere THEN false
              WHEN untold THEN true
              WHEN around THEN ST_YMin(shape) <= ST_YMax(footprint) + $8 AND ST_YMin(footprint) <= ST_YMax(shape) + $8
              ELSE ST_DWithin(shape, footprint, $8) OR ST_DWithin(shape, ST_Translate(footprint, 360, 0), $8)
                   OR ST_DWithin(shape, ST_Translate(footprint, -360, 0), $8) END AS meets,
         ${BOX('footprint')} AS footprint,
         CASE WHEN somewhere AND NOT untold THEN ${BOX('shape')} END AS raster
  FROM compared`;

/** Undefined where the scene has no footprint, or PostGIS does not know the raster's CRS. */
export async function comparePlaces(
  database: Database,
  selection: Pick<CheckedSelection, 'catalogue'>,
  obsid: number,
  { epsg, originX, originY, width, height, stepX, stepY }: Grid,
): Promise<PlaceComparison | undefined> {
  const [right, bottom] = [originX + width * stepX, originY + height * stepY];
  const longest = Math.max(Math.abs(width * stepX), Math.abs(height * stepY));
  const values = [obsid, originX, bottom, right, originY, epsg, longest / CORNERS, TOLERANCE];
  const [found] = await query<PlaceComparison>(database, CHECK(selection), values);
  return found;
}
