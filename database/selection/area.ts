/** The area of interest as boxes that a catalogue can be searched by. */
import type { AoiTable } from './check.js';
import { DatabaseSetupError } from '../session/errors.js';
import { aoiShape } from '../scenes/scenes.js';
import { query } from '../session/session.js';
import type { Database } from '../session/session.js';

/** Degrees: west, south, east, north. */
export type SearchBox = readonly [number, number, number, number];

/** Parts of an area that lie far apart (islands, both sides of the antimeridian) are searched one by one, up to so many. */
const MOST_BOXES = 10;

/** Boxes of parts whose boxes meet are one. */
const BOXES = (aoi: AoiTable) => `
  SELECT ST_XMin(e) AS west, ST_YMin(e) AS south, ST_XMax(e) AS east, ST_YMax(e) AS north
  FROM (
    SELECT ST_Envelope(unnest(ST_ClusterIntersecting(ST_Envelope(part.geom)))) AS e
    FROM ${aoi.key} a, ST_Dump(${aoiShape(aoi, 'a')}) AS part
    WHERE a.${aoi.field} = $1 AND NOT ST_IsEmpty(part.geom)) AS clusters
  ORDER BY west, south`;

/** @throws DatabaseSetupError where the area has no extent. */
export async function searchBoxes(database: Database, aoi: AoiTable): Promise<SearchBox[]> {
  const rows = await query<Record<'west' | 'south' | 'east' | 'north', number>>(database, BOXES(aoi), [
    aoi.name,
  ]);
  const boxes = rows.map(({ west, south, east, north }): SearchBox => [west, south, east, north]);
  if (boxes.length === 0) {
    throw new DatabaseSetupError(
      `the area ${aoi.name} of ${aoi.key} is empty`,
      'Give it a polygon, or name another area',
    );
  }
  return boxes.length > MOST_BOXES ? [around(boxes)] : boxes;
}

function around(boxes: readonly SearchBox[]): SearchBox {
  const side = (i: 0 | 1 | 2 | 3): number[] => boxes.map((box) => box[i]);
  return [Math.min(...side(0)), Math.min(...side(1)), Math.max(...side(2)), Math.max(...side(3))];
}
