/** Checks the table of parcels: its columns, its CRS, and that ogc_fid names each parcel once. */
import { Columns, sridOf } from '../session/columns.js';
import { type Crs, readCrs } from './crs.js';
import { DatabaseSetupError } from '../session/errors.js';
import { requireTable } from '../session/identifier.js';
import { type Database, query } from '../session/session.js';
import type { Table } from '../terms.js';

export interface ParcelTable extends Table {
  readonly crs: Crs;
  /** True where the column's type admits polygons and multipolygons in two dimensions only. */
  readonly plain: boolean;
}

/**
 * @param warnings takes what works but deserves a look.
 * @throws DatabaseSetupError naming the column or parcel that is wrong, and the remedy.
 */
export async function checkParcels(
  database: Database,
  name: string,
  warnings: string[],
): Promise<ParcelTable> {
  const table = await requireTable(database, name, 'parcel_table');
  const columns = await Columns.of(database, table);
  const ids = columns.require('ogc_fid', 'integer', 'smallint', 'bigint');
  const geometry = columns.require('wkb_geometry', 'geometry');
  if (ids.type === 'bigint') await checkRange(database, table);
  await checkUnique(database, table, warnings);
  const plain = /^(MULTI)?POLYGON$/.test(geometry.geometryType) && geometry.dimension === 2;
  return { ...table, plain, crs: await readCrs(database, await sridOf(database, table, geometry), table) };
}

/**
 * Every scene of an empty table would end as `no_parcels`, and a scene that has its word is not taken again.
 * @throws DatabaseSetupError where there is no parcel.
 */
export async function requireParcels(
  database: Database,
  { parcels }: { readonly parcels: Table },
): Promise<void> {
  const [any] = await query<{ found: boolean }>(
    database,
    `SELECT EXISTS (SELECT FROM ${parcels.key}) AS found`,
  );
  if (any?.found === true) return;
  throw new DatabaseSetupError(
    `the parcel table ${parcels.key} is empty`,
    'Bring parcels in: parcelwise parcels import, or ogr2ogr',
  );
}

/** A unique index on the one column, valid and over all rows. */
const UNIQUE = `
  SELECT count(*)::int AS count FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
  WHERE i.indrelid = $1::oid AND i.indisunique AND i.indisvalid AND i.indnkeyatts = 1 AND i.indpred IS NULL
    AND a.attname = 'ogc_fid'`;

const DOUBLED = (table: Table) => `
  SELECT ogc_fid::text AS pid FROM ${table.key} GROUP BY ogc_fid HAVING count(*) > 1 OR ogc_fid IS NULL ORDER BY 1 LIMIT 5`;

/** Unique or not, an index takes any number of NULLs. */
const WITHOUT_ID = (table: Table) =>
  `SELECT EXISTS (SELECT FROM ${table.key} WHERE ogc_fid IS NULL) AS found`;

const OUT_OF_RANGE = (table: Table) => `
  SELECT ogc_fid::text AS pid FROM ${table.key} WHERE ogc_fid NOT BETWEEN -2147483648 AND 2147483647 LIMIT 1`;

/** Results name parcels by a plain integer. */
async function checkRange(database: Database, table: Table): Promise<void> {
  const [large] = await query<{ pid: string }>(database, OUT_OF_RANGE(table));
  if (large === undefined) return;
  throw new DatabaseSetupError(
    `ogc_fid ${large.pid} of ${table.key} does not fit an integer`,
    'Number the parcels anew',
  );
}

async function checkUnique(database: Database, table: Table, warnings: string[]): Promise<void> {
  const [index] = await query<{ count: number }>(database, UNIQUE, [table.oid]);
  if (index !== undefined && index.count > 0) {
    const [nulls] = await query<{ found: boolean }>(database, WITHOUT_ID(table));
    if (nulls?.found !== true) return;
    throw new DatabaseSetupError(
      `${table.key} has parcels without ogc_fid`,
      'Give every parcel an ogc_fid of its own',
    );
  }
  const doubled = await query<{ pid: string | null }>(database, DOUBLED(table));
  if (doubled.length > 0) {
    const pids = doubled.map(({ pid }) => pid ?? 'NULL').join(', ');
    throw new DatabaseSetupError(
      `ogc_fid of ${table.key} is not unique (${pids})`,
      'Give every parcel an ogc_fid of its own',
    );
  }
  warnings.push(
    `ogc_fid of ${table.key} has no unique index: CREATE UNIQUE INDEX ON ${table.key} (ogc_fid).`,
  );
}
