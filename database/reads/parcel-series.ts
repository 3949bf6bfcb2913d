/**
 * The series of one parcel: its rows of one kind (`s2`, `bs`, …), each with the time of its scene. Read by `pid` alone, the
 * parcel's number in results, so that an index on it is all that is needed; scenes are found by their primary key.
 */
import type pg from 'pg';
import { type JsonColumn, type ReadColumn, readColumns, readTexts } from './json-columns.js';
import type { ServedParcels, ServedRows, ServedTables } from './served-tables.js';
import { STATISTIC_COLUMNS } from '../results/statistic-columns.js';
import { DatabaseSetupError } from '../session/errors.js';
import { inTransaction, query } from '../session/session.js';
import type { Table } from '../terms.js';

export interface SeriesQuestion {
  /** The parcel, as people know it. */
  readonly id: string;
  /** Bands by their names in the table; all where it is left out. */
  readonly bands?: readonly string[] | undefined;
  /** With the parcel's histogram of classes on each row. A row without one is left out then, as CbM's API does it. */
  readonly hist: boolean;
  /** With the scene's name. */
  readonly reference: boolean;
  /** Rows of the best scene of each day alone. Else those of all scenes, without superseded ones. */
  readonly best: boolean;
}

/** In CbM's order, which has the greatest last. */
const STATISTICS = [...STATISTIC_COLUMNS.filter((name) => name !== 'max'), 'max'] as const;

/** The numbers in results of the parcels of an id; of most there is one. */
const FIDS = ({ key, fid, id }: ServedParcels): string =>
  `SELECT ${fid.sql}::text AS fid FROM ${key} WHERE ${id.sql} = $1::${id.type}`;

/** Of several parcels one comparison would do as well, but of one it gives the planner no choice but the index. */
const IS_OF = (column: string, fids: readonly string[]): string =>
  fids.length === 1 ? `${column} = $1` : `${column} = ANY ($1)`;

const SERIES = ({ rows, catalogue, hists, columns, fids, bandType }: SeriesSource): string => `
  SELECT ${columns.map(({ name }) => `${SERIES_COLUMNS[name] ?? `s.${name}`} AS ${name}`).join(', ')}
  FROM ${rows} s JOIN ${catalogue} c ON c.id = s.obsid
  ${hists === undefined ? '' : `JOIN ${hists} h ON h.pid = s.pid AND h.obsid = s.obsid`}
  WHERE ${IS_OF('s.pid', fids)} AND ($2::${bandType}[] IS NULL OR s.band = ANY ($2::${bandType}[]))
  ORDER BY c.obstime, s.band COLLATE "C", s.obsid, s.pid`;

/**
 * - The time is named here, since servers differ in what they call it (`date_part`, `extract`).
 * - A band of type character has blanks behind it.
 */
const SERIES_COLUMNS: Readonly<Record<string, string>> = {
  date_part: 'extract(epoch FROM c.obstime)::float8',
  band: 'rtrim(s.band)',
  hist: 'h.hist',
  reference: 'c.reference',
};

interface SeriesSource {
  readonly rows: string;
  readonly catalogue: string;
  readonly hists: string | undefined;
  readonly columns: readonly ReadColumn[];
  readonly fids: readonly string[];
  /** Of the parameter that band is compared with: of the column's own type, or blanks would count. */
  readonly bandType: 'bpchar' | 'text';
}

/** Which scenes are superseded is known to the view of rows, whose rights are its owner's. */
const HISTOGRAMS = (hists: string, fids: readonly string[], current: string | undefined): string => `
  SELECT h.obsid AS obsid, h.hist AS hist FROM ${hists} h
  WHERE ${IS_OF('h.pid', fids)}
  ${current === undefined ? '' : `AND EXISTS (SELECT FROM ${current} s WHERE s.pid = h.pid AND s.obsid = h.obsid)`}
  ORDER BY h.obsid`;

/** A table of texts: rows as PostgreSQL writes them, under these columns. */
export interface SeriesRows {
  readonly columns: readonly ReadColumn[];
  readonly rows: readonly (readonly (string | null)[])[];
}

/**
 * The series, column by column: `date_part` in seconds since 1970 UTC, `band`, the statistics, and what was
 * asked beside them.
 * @throws DatabaseSetupError where the best are asked for and there is no view of them.
 */
export async function readSeriesColumns(
  pool: pg.Pool,
  tables: ServedTables,
  rows: ServedRows,
  question: SeriesQuestion,
): Promise<JsonColumn[]> {
  return inTransaction(pool, async (client) => {
    const { columns, statement, values } = await seriesOf(client, tables, rows, question);
    return readColumns(client, columns, statement, values);
  });
}

/** The same, row by row. */
export async function readSeriesRows(
  pool: pg.Pool,
  tables: ServedTables,
  rows: ServedRows,
  question: SeriesQuestion,
): Promise<SeriesRows> {
  return inTransaction(pool, async (client) => {
    const { columns, statement, values } = await seriesOf(client, tables, rows, question);
    return { columns, rows: await readTexts(client, statement, values) };
  });
}

interface Asked {
  readonly columns: readonly ReadColumn[];
  readonly statement: string;
  readonly values: readonly unknown[];
}

async function seriesOf(
  client: pg.ClientBase,
  tables: ServedTables,
  rows: ServedRows,
  { id, bands, hist, reference, best }: SeriesQuestion,
): Promise<Asked> {
  const fids = await fidsOf(client, tables.parcels, id);
  const hists = hist ? tables.hists?.key : undefined;
  const columns: ReadColumn[] = [
    { name: 'date_part', kind: 'number' },
    { name: 'band', kind: 'text' },
    ...STATISTICS.map((name) => ({ name, kind: 'number' }) as const),
    ...(hists === undefined ? [] : [{ name: 'hist', kind: 'json' } as const]),
    ...(reference ? [{ name: 'reference', kind: 'text' } as const] : []),
  ];
  const source = best ? requireBest(rows) : (rows.views?.current ?? rows.key);
  const bandType = rows.bandType === 'character' ? 'bpchar' : 'text';
  const statement = SERIES({
    ...{ rows: source, catalogue: tables.catalogue.key, hists, columns, fids, bandType },
  });
  return { columns, statement, values: [valueOf(fids), bands ?? null] };
}

/** The parcel's histograms of classes by scene (`obsid`), without those of superseded scenes of these rows. */
export async function readHistogramColumns(
  pool: pg.Pool,
  { parcels }: ServedTables,
  hists: Table,
  rows: ServedRows | undefined,
  id: string,
): Promise<JsonColumn[]> {
  const columns: ReadColumn[] = [
    { name: 'obsid', kind: 'number' },
    { name: 'hist', kind: 'json' },
  ];
  return inTransaction(pool, async (client) => {
    const fids = await fidsOf(client, parcels, id);
    const statement = HISTOGRAMS(hists.key, fids, rows?.views?.current);
    return readColumns(client, columns, statement, [valueOf(fids)]);
  });
}

function requireBest({ key, views }: ServedRows): string {
  if (views !== undefined) return views.best;
  throw new DatabaseSetupError(
    `${key} has no view of best observations that this role may read`,
    'Run parcelwise init, or GRANT SELECT on the views in the schema parcelwise',
  );
}

async function fidsOf(client: pg.ClientBase, parcels: ServedParcels, id: string): Promise<string[]> {
  return (await query<{ fid: string }>(client, FIDS(parcels), [id])).map(({ fid }) => fid);
}

const valueOf = (fids: readonly string[]): unknown => (fids.length === 1 ? fids[0] : fids);
