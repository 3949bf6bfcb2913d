/**
 * Checks a selection against the database before anything is done with it: tables, columns, CRS, AOI, period. What it
 * returns is what every other function of this room takes.
 */
import { Columns, sridOf, TEXT } from '../session/columns.js';
import { DatabaseSetupError } from '../session/errors.js';
import { requireTable } from '../session/identifier.js';
import { checkParcels, type ParcelTable } from './parcel-table.js';
import { isoTime } from './period.js';
import { query } from '../session/session.js';
import type { Database } from '../session/session.js';
import { requireStorable } from './storable.js';
import {
  checkHists,
  checkResults,
  type HistsTable,
  requireApart,
  type ResultsTable,
} from './stored-tables.js';
import type { Selection, StatusIn, Table, Tables } from '../terms.js';

/** A selection whose names are found and whose types are known. */
export interface CheckedSelection extends Omit<Selection, 'tables' | 'aoi' | 'statusIn'> {
  readonly statusIn: StatusIn;
  readonly catalogue: Table;
  readonly aoi: AoiTable;
  readonly parcels: ParcelTable;
  readonly results: ResultsTable;
  readonly hists?: HistsTable | undefined;
  /** Where statistics of clear pixels are kept. */
  readonly clear?: ResultsTable | undefined;
  /** What works but deserves a look, in sentences. */
  readonly warnings: readonly string[];
}

/** All of a selection but the CARD type. */
export type CheckedTables = Omit<CheckedSelection, 'card'>;

export interface AoiTable extends Table {
  readonly name: string;
  /** Column of the names, as it is called, and as it stands in a statement. */
  readonly column: string;
  readonly field: string;
  readonly srid: number;
}

/** The selection's tables under their canonical names, which name the same tables wherever they are read again. */
export function canonicalTables({
  catalogue,
  aoi,
  parcels,
  results,
  hists,
  clear,
}: CheckedSelection): Tables {
  return {
    ...{ catalogue: catalogue.key, aois: aoi.key, parcels: parcels.key, results: results.key },
    ...(hists !== undefined && { hists: hists.key }),
    ...(clear !== undefined && { clear: clear.key }),
  };
}

/** Where a sync enters scenes, and for which area and period. */
export type SyncTarget = Pick<CheckedSelection, 'catalogue' | 'aoi' | 'period'>;

/**
 * Checks no more than a sync needs: parcels and results may still be missing.
 * @throws DatabaseSetupError naming the table or column that is wrong, and the remedy.
 */
export async function checkSyncTarget(
  database: Database,
  {
    tables,
    aoi,
    period,
  }: { readonly tables: Pick<Tables, 'catalogue' | 'aois'> } & Pick<Selection, 'aoi' | 'period'>,
): Promise<SyncTarget> {
  await requirePostgis(database);
  return {
    period: checkPeriod(period),
    catalogue: await checkCatalogue(database, tables.catalogue, 'added'),
    aoi: await checkAoi(database, tables.aois, aoi),
  };
}

const POSTGIS = `
  SELECT extversion AS version, n.nspname = ANY (current_schemas(true)) AS visible, quote_ident(n.nspname) AS schema
  FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE extname = 'postgis'`;

/** @throws DatabaseSetupError naming the first table or column that is wrong, and the remedy. */
export async function checkSelection(database: Database, selection: Selection): Promise<CheckedSelection> {
  const { checked, faults } = await lookOverTables(database, selection);
  if (checked === undefined) throw faults[0]!;
  return { card: selection.card, ...checked };
}

/**
 * What is the same for all CARD types, with what is wrong with each table, so that people mend all of it at once.
 * @returns the tables, or the faults, of which there is one at least then.
 * @throws DatabaseSetupError where there is no PostGIS to look with.
 */
export async function lookOverTables(
  database: Database,
  selection: Omit<Selection, 'card'>,
): Promise<{ readonly checked?: CheckedTables; readonly faults: readonly DatabaseSetupError[] }> {
  await requirePostgis(database);
  const { tables, minAreaM2, statusIn = 'catalogue' } = selection;
  const warnings: string[] = [];
  const faults: DatabaseSetupError[] = [];
  const look = async <Part>(check: () => Part | Promise<Part>): Promise<Part | undefined> => {
    try {
      return await check();
    } catch (error) {
      if (!(error instanceof DatabaseSetupError)) throw error;
      faults.push(error);
      return undefined;
    }
  };
  const catalogue = await look(() => checkCatalogue(database, tables.catalogue));
  const aoi = await look(() => checkAoi(database, tables.aois, selection.aoi));
  const parcels = await look(() => checkParcels(database, tables.parcels, warnings));
  const results = await look(() => checkResults(database, tables.results, 'results_table', warnings));
  const hists = await look(() =>
    tables.hists === undefined ? undefined : checkHists(database, tables.hists),
  );
  const clear = await look(() =>
    tables.clear === undefined ? undefined : checkResults(database, tables.clear, 'clear_table', warnings),
  );
  await look(() => {
    requireApart(clear, { results_table: results, hists_table: hists });
  });
  const period = await look(() => checkPeriod(selection.period));
  if (faults.length > 0 || !catalogue || !aoi || !parcels || !results || !period) return { faults };
  const always = { minAreaM2, statusIn, period, catalogue, aoi, parcels, results, warnings };
  return { checked: { ...always, ...(hists && { hists }), ...(clear && { clear }) }, faults };
}

async function requirePostgis(database: Database): Promise<void> {
  const [found] = await query<{ visible: boolean; schema: string }>(database, POSTGIS);
  if (found === undefined)
    throw new DatabaseSetupError('this database has no PostGIS', 'Run parcelwise init');
  if (!found.visible) {
    throw new DatabaseSetupError(
      `PostGIS lies in the schema ${found.schema}, outside the search path`,
      `ALTER ROLE CURRENT_USER SET search_path = public, ${found.schema}`,
    );
  }
}

function checkPeriod({ start, end }: Selection['period']): Selection['period'] {
  const [from, to] = [isoTime(start), isoTime(end)];
  if (from === undefined || to === undefined) {
    const wrong = from === undefined ? start : end;
    throw new DatabaseSetupError(
      `"${wrong}" is not a date or time`,
      'Write it in UTC, as 2024-03-01 or 2024-03-01T10:00:00',
    );
  }
  if (from > to)
    throw new DatabaseSetupError(`the period ends (${end}) before it starts (${start})`, 'Swap the two');
  return { start: from, end: to };
}

/** The longest word of ours is `B04 notfound`; CbM's column takes 24. */
const STATUS_LETTERS = 12;

async function checkCatalogue(
  database: Database,
  name: string,
  rows: 'added' | 'changed' = 'changed',
): Promise<Table> {
  const table = await requireTable(database, name, 'catalogue_table');
  const columns = await Columns.of(database, table);
  columns.require('id', 'integer');
  columns.require('obstime', 'timestamp without time zone', 'timestamp with time zone');
  for (const text of ['reference', 'sensor', 'card', 'status']) columns.require(text, ...TEXT);
  columns.require('footprint', 'geometry');
  const told = {
    obstime: null,
    reference: null,
    sensor: 2,
    card: 2,
    status: STATUS_LETTERS,
    footprint: null,
  };
  requireStorable(columns, told, rows);
  return table;
}

async function checkAoi(database: Database, name: string, aoi: Selection['aoi']): Promise<AoiTable> {
  const table = await requireTable(database, name, 'aoi_table');
  const columns = await Columns.of(database, table);
  const { name: column, sql: field } = columns.require(aoi.field, ...TEXT);
  const geometry = columns.require('wkb_geometry', 'geometry');
  const [rows] = await query<{ count: number; names: string[] | null }>(database, AOI_NAMES(table, field), [
    aoi.name,
  ]);
  if (rows?.count === 0) {
    const names = rows.names === null ? 'the table is empty' : `there are ${rows.names.join(', ')}`;
    throw new DatabaseSetupError(
      `no area of interest ${aoi.name} in ${table.key}: ${names}`,
      'Correct args.name, or add the area',
    );
  }
  return { ...table, name: aoi.name, column, field, srid: await sridOf(database, table, geometry) };
}

/** The area of interest where it can be used, undefined where the table, the column or the area is not there. */
export async function findAoi(
  database: Database,
  name: string,
  aoi: Selection['aoi'],
): Promise<AoiTable | undefined> {
  try {
    return await checkAoi(database, name, aoi);
  } catch (error) {
    if (error instanceof DatabaseSetupError) return undefined;
    throw error;
  }
}

/** Rows of the name that have an area, and some names that exist, for the message. */
const AOI_NAMES = (table: Table, field: string) => `
  SELECT count(*) FILTER (WHERE ${field} = $1 AND NOT ST_IsEmpty(wkb_geometry))::int AS count,
         (array_agg(DISTINCT ${field}::text ORDER BY ${field}::text))[1:10] AS names
  FROM ${table.key}`;
