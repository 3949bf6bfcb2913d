/**
 * The tables that a dataset's answers are read from, found in the database and looked over: a file's names are never
 * trusted by themselves. What is found is safe to stand in a statement.
 */
import { findResultsViews, type ResultsViews } from '../results/results-views.js';
import {
  EXTRA_STATISTIC_COLUMNS,
  STATISTIC_COLUMNS,
  type StatisticColumn,
} from '../results/statistic-columns.js';
import { type Column, Columns, sridOf } from '../session/columns.js';
import { DatabaseSetupError } from '../session/errors.js';
import { findTable, requireTable } from '../session/identifier.js';
import { type Database, query } from '../session/session.js';
import type { Table } from '../terms.js';

/** Names of a dataset's tables and columns, as a file has them. */
export interface DatasetTables {
  readonly parcels: string;
  readonly catalogue: string;
  /** Tables of rows by kind of series (`s2`, `bs`, `c6`, `c1`, `bs_tf`); several may name one table. */
  readonly signatures: Readonly<Record<string, string>>;
  readonly hists?: string | undefined;
  /** Rows of clear pixels. */
  readonly clear?: string | undefined;
  /** Which cell of the weather's grid a parcel lies in. */
  readonly environment?: string | undefined;
  /** Columns of the parcel table: the id that people know, and the crop. */
  readonly parcelId: string;
  readonly cropName?: string | undefined;
  readonly cropCode?: string | undefined;
}

/** A column as it is called, as it stands in a statement, quoted, and the type that a parameter is cast to for it. */
export interface ServedColumn {
  readonly name: string;
  readonly sql: string;
  readonly type: string;
}

export interface ServedParcels extends Table {
  /** `ogc_fid`, which results call `pid`. */
  readonly fid: ServedColumn;
  /** The id that people know, and the API calls `pid`; often `fid` itself. */
  readonly id: ServedColumn;
  readonly geometry: string;
  readonly srid: number;
  /** Undefined where the table has no such column. */
  readonly cropName?: ServedColumn | undefined;
  readonly cropCode?: ServedColumn | undefined;
}

/** A table of rows: one a parcel, scene and band. */
export interface ServedRows extends Table {
  /** Type of `band`: of `character` it comes with its blanks. */
  readonly bandType: string;
  /** Statistics that it has columns for, CbM's eight first. */
  readonly statistics: readonly StatisticColumn[];
  /** parcelwise's views of it, where a campaign or `init` made them and this role may read them. */
  readonly views?: ResultsViews | undefined;
}

export interface ServedTables {
  readonly parcels: ServedParcels;
  readonly catalogue: Table;
  /** By kind of series. */
  readonly signatures: ReadonlyMap<string, ServedRows>;
  readonly hists?: Table | undefined;
  readonly clear?: ServedRows | undefined;
  readonly environment?: Table | undefined;
  /** What is wrong with tables that are left out here; those of parcels and of scenes are never left out. */
  readonly faults: readonly DatabaseSetupError[];
}

/**
 * Finds a dataset's tables. Of parcels of a type, `ms.parcels_2024_g` is meant beside `ms.parcels_2024`; so are tables of rows
 * and histograms of that type, where there are such.
 * @param ptype a type of parcels, without the underscore; empty for none.
 * @throws DatabaseSetupError naming what is wrong with the table of parcels or of scenes.
 */
export async function findServedTables(
  database: Database,
  names: DatasetTables,
  ptype = '',
): Promise<ServedTables> {
  const parcels = await lookOverParcels(database, names, ptype);
  const catalogue = await lookOverCatalogue(database, names.catalogue);
  const faults: DatabaseSetupError[] = [];
  const tableOf = async (name: string | undefined, setting: string): Promise<Table | undefined> => {
    if (name === undefined) return undefined;
    const ofType = ptype === '' ? undefined : await findTable(database, `${name}_${ptype}`);
    return ofType ?? (await noting(faults, requireTable(database, name, setting)));
  };
  const seen = new Map<number, ServedRows | undefined>();
  const rowsOf = async (name: string | undefined, setting: string): Promise<ServedRows | undefined> => {
    const table = await tableOf(name, setting);
    if (table === undefined) return undefined;
    if (!seen.has(table.oid)) seen.set(table.oid, await noting(faults, lookOverRows(database, table)));
    return seen.get(table.oid);
  };
  const signatures = new Map<string, ServedRows>();
  for (const [kind, name] of Object.entries(names.signatures)) {
    const rows = await rowsOf(name, kind);
    if (rows !== undefined) signatures.set(kind, rows);
  }
  return {
    parcels,
    catalogue,
    signatures,
    hists: await tableOf(names.hists, 'hists_table'),
    clear: await rowsOf(names.clear, 'clear_table'),
    environment: await tableOf(names.environment, 'env'),
    faults,
  };
}

/** What the work comes to; undefined where a table is not as it must be, which is noted. */
async function noting<Result>(
  faults: DatabaseSetupError[],
  work: Promise<Result>,
): Promise<Result | undefined> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof DatabaseSetupError)) throw error;
    faults.push(error);
    return undefined;
  }
}

async function lookOverParcels(
  database: Database,
  names: DatasetTables,
  ptype: string,
): Promise<ServedParcels> {
  const name = ptype === '' ? names.parcels : `${names.parcels}_${ptype}`;
  const table = await requireTable(database, name, 'parcel_table');
  const columns = await Columns.of(database, table);
  const geometry = columns.require('wkb_geometry', 'geometry');
  const crop = (column: string | undefined): ServedColumn | undefined => {
    const there = column === undefined ? undefined : columns.find(column);
    return there && served(there);
  };
  return {
    ...table,
    fid: served(columns.require('ogc_fid', 'integer', 'smallint', 'bigint')),
    id: served(columns.require(names.parcelId)),
    geometry: geometry.sql,
    srid: await sridOf(database, table, geometry),
    cropName: crop(names.cropName),
    cropCode: crop(names.cropCode),
  };
}

/** `character` without a length would cut a parameter to one letter. */
function served({ name, sql, type }: Column): ServedColumn {
  return { name, sql, type: type === 'character' ? 'bpchar' : type };
}

async function lookOverCatalogue(database: Database, name: string): Promise<Table> {
  const table = await requireTable(database, name, 'catalogue_table');
  const columns = await Columns.of(database, table);
  columns.require('id');
  columns.require('obstime', 'timestamp without time zone', 'timestamp with time zone');
  columns.require('reference');
  return table;
}

async function lookOverRows(database: Database, table: Table): Promise<ServedRows> {
  const columns = await Columns.of(database, table);
  for (const name of ['pid', 'obsid', ...STATISTIC_COLUMNS]) columns.require(name);
  const extra = EXTRA_STATISTIC_COLUMNS.filter((name) => columns.named(name) !== undefined);
  return {
    ...table,
    bandType: columns.require('band').type,
    statistics: [...STATISTIC_COLUMNS, ...extra],
    views: await findResultsViews(database, table),
  };
}

/** Tables called like the one of parcels, an underscore and a word after that; those without parcels' columns are something else. */
const PARCEL_TYPES = `
  SELECT substr(c.relname, length(o.relname) + 2) AS ptype
  FROM pg_class o
  JOIN pg_class c ON c.relnamespace = o.relnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
                 AND starts_with(c.relname, o.relname || '_') AND substr(c.relname, length(o.relname) + 2) ~ '^[a-z0-9]+$'
  WHERE o.oid = $1::oid AND has_table_privilege(c.oid, 'SELECT')
    AND (SELECT count(*) FROM pg_attribute a
         WHERE a.attrelid = c.oid AND NOT a.attisdropped AND a.attname IN ('ogc_fid', 'wkb_geometry')) = 2
  ORDER BY ptype`;

/** The types of parcels that have tables of their own; none where there is no table of parcels. */
export async function findParcelTypes(database: Database, parcels: string): Promise<string[]> {
  const table = await findTable(database, parcels);
  if (table === undefined) return [];
  return (await query<{ ptype: string }>(database, PARCEL_TYPES, [table.oid])).map(({ ptype }) => ptype);
}

/** What a type of parcels may be called: it becomes part of a table's name. */
const PTYPE = /^[a-z0-9]+$/i;

/** @throws DatabaseSetupError where no table of parcels can be of that type. */
export function requireParcelType(ptype: string): string {
  if (ptype === '' || PTYPE.test(ptype)) return ptype;
  throw new DatabaseSetupError('ptype is no type of parcels', 'It is made of letters and digits');
}
