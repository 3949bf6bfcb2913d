/** The weather of a parcel's place, of ERA5's tables as CbM's operators make them, where there are such. */
import { type JsonColumn, type ReadColumn, readColumns, readTexts } from './json-columns.js';
import type { ServedTables } from './served-tables.js';
import { findTable } from '../session/identifier.js';
import type { Database } from '../session/session.js';
import type { Table } from '../terms.js';

export const WEATHER_COLUMNS: readonly ReadColumn[] = [
  { name: 'meteo_date', kind: 'text' },
  { name: 'tmin', kind: 'number' },
  { name: 'tmax', kind: 'number' },
  { name: 'tmean', kind: 'number' },
  { name: 'prec', kind: 'number' },
];

/** The parcel's cell is that of a table of the dataset's, else the one that its centroid lies in. */
const WEATHER = (data: Table, grid: Table, { parcels, environment }: ServedTables): string => `
  SELECT to_char(d.meteo_date, 'YYYY-MM-DD') AS meteo_date, d.tmin, d.tmax, d.tmean, d.prec
  FROM ${parcels.key} p
  ${environment === undefined ? IN_CELL(grid, parcels.geometry) : `JOIN ${environment.key} g ON g.pid = p.${parcels.fid.sql}`}
  JOIN ${data.key} d ON d.grid_id = g.grid_id
  WHERE p.${parcels.id.sql} = $1::${parcels.id.type}
  ORDER BY d.meteo_date`;

const IN_CELL = (grid: Table, geometry: string): string =>
  `JOIN ${grid.key} g ON ST_Intersects(g.geom_cell, ST_Transform(ST_Centroid(p.${geometry}), 4326))`;

/** Days in order, column by column; undefined where the database has no weather. */
export async function readWeatherColumns(
  database: Database,
  tables: ServedTables,
  id: string,
): Promise<JsonColumn[] | undefined> {
  const statement = await statementOf(database, tables);
  return statement === undefined ? undefined : readColumns(database, WEATHER_COLUMNS, statement, [id]);
}

/** The same, row by row. */
export async function readWeatherRows(
  database: Database,
  tables: ServedTables,
  id: string,
): Promise<(string | null)[][] | undefined> {
  const statement = await statementOf(database, tables);
  return statement === undefined ? undefined : readTexts(database, statement, [id]);
}

async function statementOf(database: Database, tables: ServedTables): Promise<string | undefined> {
  const data = await findTable(database, 'public.era5_data');
  const grid = await findTable(database, 'public.era5_grid');
  return data && grid && WEATHER(data, grid, tables);
}
