/** Scenes of a catalogue whose footprint meets a box, and scenes by their reference, whatever their status words say. */
import { type Database, query } from '../session/session.js';
import type { Table } from '../terms.js';

export interface SceneAt {
  readonly obsid: number;
  readonly reference: string;
  /** UTC, ISO 8601 without zone. */
  readonly obstime: string;
  readonly card: string;
  /** Which part of the box its footprint covers, 0 to 1; 1 where no box was asked for. */
  readonly share: number;
}

/** Degrees. */
export interface Box {
  readonly west: number;
  readonly south: number;
  readonly east: number;
  readonly north: number;
}

/** `firstDay` and `lastDay` are days, `2024-03-01`; both count. */
export interface ScenesQuestion {
  readonly card: string;
  readonly firstDay: string;
  readonly lastDay: string;
}

/** No more are told; nobody looks at so many. */
const MOST = 2000;

const SCENE = `s.id AS obsid, s.reference::text AS reference, s.card::text AS card,
         to_char(s.obstime, 'YYYY-MM-DD"T"HH24:MI:SS.US') AS obstime`;

/** By the index on footprints, where there is one. What is cut off by a box is never invalid, as an intersection may be. */
const IN_BOX = ({ key }: Table): string => `
  SELECT ${SCENE}, ST_Area(ST_ClipByBox2D(s.footprint, box.shape::box2d)) / ST_Area(box.shape) AS share
  FROM ${key} s, (SELECT ST_MakeEnvelope($1::float8, $2::float8, $3::float8, $4::float8, 4326) AS shape) AS box
  WHERE s.footprint && box.shape AND ST_Intersects(s.footprint, box.shape)
    AND s.card::text = $5 AND s.obstime >= $6::date AND s.obstime < $7::date + 1
  ORDER BY s.obstime, s.reference LIMIT ${MOST}`;

/** By the index of the references' uniqueness. A name may be written with the ending of its folder or without. */
const BY_REFERENCE = ({ key }: Table): string => `
  SELECT ${SCENE}, 1::float8 AS share FROM ${key} s
  WHERE s.reference = ANY ($1::text[]) ORDER BY s.obstime, s.reference LIMIT ${MOST}`;

export function scenesInBox(
  database: Database,
  catalogue: Table,
  { west, south, east, north }: Box,
  { card, firstDay, lastDay }: ScenesQuestion,
): Promise<SceneAt[]> {
  return query(database, IN_BOX(catalogue), [west, south, east, north, card, firstDay, lastDay]);
}

export function scenesByReference(
  database: Database,
  catalogue: Table,
  references: readonly string[],
): Promise<SceneAt[]> {
  return query(database, BY_REFERENCE(catalogue), [references]);
}

const TRANSFORMED = `
  SELECT ST_X(shape) AS x, ST_Y(shape) AS y
  FROM (SELECT ST_Transform(ST_SetSRID(ST_MakePoint($1::float8, $2::float8), 4326), $3::int) AS shape) AS point`;

/** A place (degrees) in the coordinates of a CRS. */
export async function placeIn(
  database: Database,
  { lon, lat }: { readonly lon: number; readonly lat: number },
  epsg: number,
): Promise<{ readonly x: number; readonly y: number }> {
  const [row] = await query<{ x: number; y: number }>(database, TRANSFORMED, [lon, lat, epsg]);
  return row!;
}
