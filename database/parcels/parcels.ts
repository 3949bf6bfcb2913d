/** Questions about the parcels of a scene that don't need their geometry. */
import { roundOutwards } from '../selection/box.js';
import type { Box } from '../selection/box.js';
import type { CheckedSelection } from '../selection/check.js';
import { DatabaseSetupError } from '../session/errors.js';
import { footprint, ofScene, withAoi } from '../selection/parcel-rule.js';
import { query } from '../session/session.js';
import type { Database } from '../session/session.js';
import type { Grid } from '../terms.js';

/** Stops at the first parcel. */
const EXISTS = (selection: CheckedSelection) => `
  ${withAoi(selection)} SELECT EXISTS (SELECT ${ofScene(selection)}) AS exists`;

const COUNT = (selection: CheckedSelection) => `
  ${withAoi(selection)} SELECT count(*)::integer AS count ${ofScene(selection)}`;

const BOUNDS = (selection: CheckedSelection) => `
  SELECT ST_XMin(box)::float8 AS "minX", ST_YMin(box)::float8 AS "minY", ST_XMax(box)::float8 AS "maxX", ST_YMax(box)::float8 AS "maxY"
  FROM (${footprint(selection, '$1')}) AS scene WHERE box IS NOT NULL`;

/** Parcels of the scene that the raster can't reach: its grid is smaller than the footprint's bounding box. */
const OUTSIDE = (selection: CheckedSelection) => `
  ${withAoi(selection)} SELECT p.ogc_fid::integer AS pid ${ofScene(selection)}
    AND NOT p.wkb_geometry && ST_MakeEnvelope($4, $5, $6, $7, ${selection.parcels.crs.srid})
  ORDER BY pid`;

/**
 * A grid's extent in the parcels' CRS. Straight edges bend in another projection, so they are given 64 corners each, and
 * what bends between two corners is far less than the margin of a hundredth.
 */
const GRID_BOUNDS = ({ parcels }: CheckedSelection) => `
  SELECT ST_XMin(box)::float8 AS "minX", ST_YMin(box)::float8 AS "minY", ST_XMax(box)::float8 AS "maxX", ST_YMax(box)::float8 AS "maxY"
  FROM (SELECT parcelwise.transform_or_null(ST_Segmentize(ST_MakeEnvelope($1, $2, $3, $4, $5), $6), ${parcels.crs.srid})) AS grid (box)
  WHERE box IS NOT NULL`;

function sceneValues({ aoi, minAreaM2 }: CheckedSelection, obsid: number): unknown[] {
  return [obsid, aoi.name, minAreaM2];
}

/** Whether the scene meets any parcel at all. */
export async function hasParcels(
  database: Database,
  selection: CheckedSelection,
  obsid: number,
): Promise<boolean> {
  const [row] = await query<{ exists: boolean }>(database, EXISTS(selection), sceneValues(selection, obsid));
  return row?.exists === true;
}

/** How many parcels the scene meets. */
export async function countParcels(
  database: Database,
  selection: CheckedSelection,
  obsid: number,
): Promise<number> {
  const [row] = await query<{ count: number }>(database, COUNT(selection), sceneValues(selection, obsid));
  return row?.count ?? 0;
}

/**
 * Bounding box of the scene's footprint in the parcels' CRS, rounded as PostGIS does: a parcel whose own box (see
 * `copyParcels`) meets it belongs to the scene.
 * @throws DatabaseSetupError when the scene has no footprint.
 */
export async function sceneBounds(
  database: Database,
  selection: CheckedSelection,
  obsid: number,
): Promise<Box> {
  const [box] = await query<Box>(database, BOUNDS(selection), [obsid]);
  if (box !== undefined) return roundOutwards(box);
  throw new DatabaseSetupError(
    `scene ${obsid} of ${selection.catalogue.key} has no footprint`,
    'Enter it in the catalogue',
  );
}

/**
 * Parcels that belong to the scene by its footprint but lie beyond the grid of its raster, so that `copyParcels` leaves
 * them out. They have no pixels; the accounts need them nevertheless.
 */
export async function outsideParcels(
  database: Database,
  selection: CheckedSelection,
  obsid: number,
  grid: Grid,
): Promise<number[]> {
  const box = await gridBounds(database, selection, grid);
  if (box === undefined) return [];
  const values = [...sceneValues(selection, obsid), box.minX, box.minY, box.maxX, box.maxY];
  return (await query<{ pid: number }>(database, OUTSIDE(selection), values)).map(({ pid }) => pid);
}

/**
 * The box, in the parcels' CRS, outside which no parcel can touch a pixel of the grid; undefined where the grid leaves
 * the domain of that CRS, and nothing can be said.
 */
export async function gridBounds(
  database: Database,
  selection: CheckedSelection,
  grid: Grid,
): Promise<Box | undefined> {
  const { originX, originY, stepX, stepY, epsg } = grid;
  const [width, height] = [grid.width * stepX, grid.height * stepY];
  const longest = Math.max(Math.abs(width), Math.abs(height));
  const corners = [originX, originY + height, originX + width, originY];
  const [box] = await query<Box>(database, GRID_BOUNDS(selection), [...corners, epsg, longest / 64]);
  if (box === undefined || !Object.values(box).every(Number.isFinite)) return undefined;
  const marginX = (box.maxX - box.minX) / 100;
  const marginY = (box.maxY - box.minY) / 100;
  return roundOutwards({
    minX: box.minX - marginX,
    minY: box.minY - marginY,
    maxX: box.maxX + marginX,
    maxY: box.maxY + marginY,
  });
}
