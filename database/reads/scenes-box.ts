/** The box around the footprints of scenes, in degrees. */
import type pg from 'pg';
import { query } from '../session/session.js';
import type { Table } from '../terms.js';

const BOX = (catalogue: Table) => `
  SELECT ARRAY[ST_XMin(box), ST_YMin(box), ST_XMax(box), ST_YMax(box)] AS sides
  FROM (SELECT ST_Extent(ST_Transform(s.footprint, 4326)) AS box FROM ${catalogue.key} s WHERE s.id = ANY ($1::int[])) AS around
  WHERE box IS NOT NULL`;

/** West, south, east, north; undefined where none of them has a footprint. */
export async function scenesBox(
  client: pg.ClientBase,
  catalogue: Table,
  obsids: readonly number[],
): Promise<readonly number[] | undefined> {
  const [row] = await query<{ sides: number[] }>(client, BOX(catalogue), [obsids]);
  return row?.sides;
}
