/** An area of the AOI table by its name. */
import { Columns, TEXT } from '../session/columns.js';
import { DatabaseSetupError } from '../session/errors.js';
import { requireTable } from '../session/identifier.js';
import { type Database, query } from '../session/session.js';
import type { Table } from '../terms.js';
import type { ChosenArea } from './parcel-choice.js';

const AREAS = (table: Table, field: string) =>
  `SELECT count(*)::int AS count FROM ${table.key} WHERE ${field} = $1 AND NOT ST_IsEmpty(wkb_geometry)`;

/** @throws DatabaseSetupError where the table, its column or the area is not there. */
export async function namedArea(
  database: Database,
  aois: string,
  area: { readonly name: string; readonly field: string },
): Promise<ChosenArea> {
  const table = await requireTable(database, aois, 'aoi_table');
  const { sql: field } = (await Columns.of(database, table)).require(area.field, ...TEXT);
  const [found] = await query<{ count: number }>(database, AREAS(table, field), [area.name]);
  if (found?.count === 0)
    throw new DatabaseSetupError(
      `there is no area ${area.name} in ${table.key}`,
      'Name one of its areas, or a GeoJSON file',
    );
  return { aois: table, field, name: area.name };
}
