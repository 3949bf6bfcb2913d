/**
 * Whether the tables still hold what the ledger says was stored in them. A person may empty, drop, restore or thin a table
 * at any time, and CbM's tables get no triggers of ours: where a hint differs, or scenes with stored chunks wait to be gone
 * on with, the rows of each scene and band are counted in one scan.
 */
import type pg from 'pg';
import type { CheckedSelection } from '../selection/check.js';
import { DatabaseSetupError } from '../session/errors.js';
import { STORED } from '../ledger/extractions.js';
import { CLEAR_BAND, IS_CLEAR } from '../ledger/layer-names.js';
import { STATUS } from '../scenes/scenes.js';
import { execute, inTransaction, query } from '../session/session.js';
import type { Database } from '../session/session.js';
import { filesOf } from './table-files.js';
import type { Table } from '../terms.js';

/**
 * Which scenes are counted beside those of a table that looks like another one: all that wait and have chunks stored, those
 * of them whose word in the catalogue somebody else has set, or none.
 */
export type Counted = 'waiting' | 'foreign' | 'none';

type Where = Pick<CheckedSelection, 'catalogue' | 'results' | 'hists' | 'clear' | 'statusIn'>;

/** What a table holds: raw rows, histograms, or clear rows. */
export type StoredKind = 'results' | 'hists' | 'clear';

/** Where an extraction names its table of each kind. */
export const TABLE_COLUMN = { results: 'results_table', hists: 'hists_table', clear: 'clear_table' } as const;

const WAITING = (selection: Where, counted: Counted) => `
  SELECT e.obsid FROM parcelwise.extraction e JOIN ${selection.catalogue.key} s ON s.id = e.obsid
  WHERE (e.results_table, e.catalogue_table) = ($1, $2) AND ${STATUS(selection)} = 'ingested' AND ${STORED}
    ${counted === 'foreign' ? `AND e.status_in = 'catalogue' AND e.word IS DISTINCT FROM 'ingested'` : ''}`;

const BANDS = { results: 'bands', clear: 'clear_bands' } as const;

const SEEN = 'SELECT files FROM parcelwise.stored_table WHERE table_name = $1';

/** What the ledger says, a line a scene and label; $1 the table. */
const EXPECTED = {
  results: `SELECT obsid, layer AS label, sum(rows) AS rows, min(results_table) AS results FROM parcelwise.stored_layer
            WHERE results_table = $1 AND NOT ${IS_CLEAR('layer')} GROUP BY 1, 2`,
  hists: `SELECT l.obsid, 'hist' AS label, sum(l.hists) AS rows, min(l.results_table) AS results
          FROM parcelwise.ledger l JOIN parcelwise.extraction e USING (results_table, obsid)
          WHERE e.hists_table = $1 GROUP BY 1`,
  clear: `SELECT y.obsid, ${CLEAR_BAND('y.layer')} AS label, sum(y.rows) AS rows, min(y.results_table) AS results
          FROM parcelwise.stored_layer y JOIN parcelwise.extraction e USING (results_table, obsid)
          WHERE e.clear_table = $1 AND ${IS_CLEAR('y.layer')} GROUP BY 1, 2`,
} as const;
const LABEL = { results: 'band::text', hists: `'hist'`, clear: 'band::text' } as const;

/** $2: these scenes only, or NULL for all. Bands that we did not store are another program's. */
export const DIFFERING = (table: Table | undefined, kind: StoredKind) => `
  WITH expected AS (SELECT * FROM (${EXPECTED[kind]}) AS x WHERE $2::integer[] IS NULL OR obsid = ANY ($2)),
  found AS (${
    table === undefined
      ? 'SELECT NULL::integer AS obsid, NULL::text AS label, 0::bigint AS rows WHERE false'
      : `SELECT obsid, ${LABEL[kind]} AS label, count(*) AS rows FROM ${table.key}
         WHERE $2::integer[] IS NULL OR obsid = ANY ($2) GROUP BY 1, 2`
  })
  SELECT x.obsid, x.results, sum(x.rows)::float8 AS remembered, sum(coalesce(f.rows, 0))::float8 AS found
  FROM expected x LEFT JOIN found f USING (obsid, label) GROUP BY 1, 2
  HAVING bool_or(x.rows <> coalesce(f.rows, 0)) ORDER BY 1`;

/**
 * Rows of ordered bands ($3) that scenes have which wait and of which nothing is remembered, or, where layers are added ($4), of
 * which these are not: they would be there twice.
 */
const STRANGE = (selection: Where, table: Table, kind: 'results' | 'clear') => `
  SELECT s.id AS obsid, count(*)::float8 AS rows FROM ${table.key} r
  JOIN ${selection.catalogue.key} s ON s.id = r.obsid
  LEFT JOIN parcelwise.extraction e ON (e.results_table, e.obsid) = ($1, s.id)
  WHERE s.card = $2 AND r.band::text = ANY ($3) AND (
    ${STATUS(selection)} = 'ingested' AND NOT coalesce(${STORED}, false)
    OR $4 AND ${STATUS(selection)} = 'extracted' AND e.status = 'extracted' AND r.band::text <> ALL (e.${BANDS[kind]}))
  GROUP BY 1 ORDER BY 1`;

const REMEMBER = `
  INSERT INTO parcelwise.stored_table AS t (table_name, files) VALUES ($1, $2)
  ON CONFLICT (table_name) DO UPDATE SET files = excluded.files, verified_at = now()`;

/** Whoever set these scenes back, their rows are there: from now on it is as if we had. */
const ADOPT = `
  UPDATE parcelwise.extraction SET word = 'ingested'
  WHERE results_table = $1 AND obsid = ANY ($2) AND status_in = 'catalogue' AND word IS DISTINCT FROM 'ingested'`;

/** One scan at a time, and with a view of the tables that is not older than the last one's end: LOCK TABLE takes none. */
const ONE_AT_A_TIME = 'LOCK TABLE parcelwise.stored_table IN SHARE ROW EXCLUSIVE MODE';
const MEMORY = `SET LOCAL work_mem = '64MB'`;

export interface Differing {
  readonly obsid: number;
  /** The results table whose extraction it is. */
  readonly results: string;
  readonly remembered: number;
  readonly found: number;
}

/** What a campaign orders, so that rows which stand there already for it can be told. */
export interface Ordered {
  readonly card: string;
  readonly bands: readonly string[];
  /** Of scenes that are extracted, what they lack. */
  readonly add?: boolean | undefined;
}

/**
 * Sees to it that results, clear and histograms tables hold, for each scene, the rows that were stored: no fewer and no more. A table
 * that holds them is taken for what it is, however it has come there.
 * @throws DatabaseSetupError naming the table, scenes and rows, and the remedy.
 */
export async function requireStoredRows(
  pool: pg.Pool,
  selection: Where,
  counted: Counted,
  ordered?: Ordered,
): Promise<void> {
  const { isDue } = await whatToCount(pool, selection, counted);
  if (!isDue) return;
  const count = async (client: pg.ClientBase): Promise<void> => {
    await client.query(ONE_AT_A_TIME);
    await client.query(MEMORY);
    // Somebody may have counted while we waited.
    const { others, waiting, isDue: still } = await whatToCount(client, selection, counted);
    if (!still) return;
    for (const { table, kind } of tablesOf(selection)) {
      const isOther = others.has(table.key);
      const differing = await differingScenes(client, table, kind, isOther ? null : waiting);
      if (differing.length > 0) throw notAsStored(table, kind, differing);
      if (!isOther) continue;
      if (kind !== 'hists' && ordered !== undefined)
        await refuseStrange(client, selection, { table, kind }, ordered);
      await execute(client, REMEMBER, [table.key, await filesOf(client, table)]);
    }
    await execute(client, ADOPT, [selection.results.key, waiting]);
  };
  await inTransaction(pool, count, { snapshot: true, unlimited: true });
}

/**
 * The scenes of which a table holds fewer or more rows than are remembered, under its name or another one; of all, where none
 * are named.
 */
export function differingScenes(
  database: Database,
  table: Table & { readonly remembered?: string },
  kind: StoredKind,
  obsids: readonly number[] | null,
): Promise<Differing[]> {
  return query<Differing>(database, DIFFERING(table, kind), [table.remembered ?? table.key, obsids]);
}

interface ToCount {
  /** Tables that are not known to be those that rows were stored in. */
  readonly others: ReadonlySet<string>;
  readonly waiting: number[];
  readonly isDue: boolean;
}

async function whatToCount(database: Database, selection: Where, counted: Counted): Promise<ToCount> {
  const others = new Set<string>();
  for (const { table } of tablesOf(selection)) {
    const [seen] = await query<{ files: string | null }>(database, SEEN, [table.key]);
    const files = await filesOf(database, table);
    if (files === null || seen?.files !== files) others.add(table.key);
  }
  const rows =
    counted === 'none'
      ? []
      : await query<{ obsid: number }>(database, WAITING(selection, counted), [
          selection.results.key,
          selection.catalogue.key,
        ]);
  const waiting = rows.map(({ obsid }) => obsid);
  return { others, waiting, isDue: others.size > 0 || waiting.length > 0 };
}

function tablesOf({ results, hists, clear }: Where): { readonly table: Table; readonly kind: StoredKind }[] {
  return [
    { table: results, kind: 'results' },
    ...(hists === undefined ? [] : [{ table: hists, kind: 'hists' } as const]),
    ...(clear === undefined ? [] : [{ table: clear, kind: 'clear' } as const]),
  ];
}

async function refuseStrange(
  client: pg.ClientBase,
  selection: Where,
  stored: { readonly table: Table; readonly kind: 'results' | 'clear' },
  { card, bands, add = false }: Ordered,
): Promise<void> {
  const { key: table } = stored.table;
  const sql = STRANGE(selection, stored.table, stored.kind);
  const strange = await query<{ obsid: number; rows: number }>(client, sql, [
    selection.results.key,
    card,
    bands,
    add,
  ]);
  if (strange.length === 0) return;
  const rows = strange.reduce((sum, one) => sum + one.rows, 0);
  throw new DatabaseSetupError(
    `${table} holds ${grouped(rows)} rows of ${scenes(strange)} that ${add ? 'lack them' : 'wait to be extracted'}, which parcelwise did not store: they would be there twice`,
    `Delete those rows (DELETE FROM ${table} WHERE obsid = …)${add ? '' : ', or set the status of those scenes to extracted'}`,
  );
}

const NOUN = { results: 'rows', hists: 'histograms', clear: 'clear rows' } as const;

function notAsStored(table: Table, kind: StoredKind, differing: readonly Differing[]): DatabaseSetupError {
  const sum = (of: 'remembered' | 'found') => grouped(differing.reduce((total, one) => total + one[of], 0));
  const results = [...new Set(differing.map((one) => one.results))];
  const forget = results.map((name) => `parcelwise scene forget --lost --results '${name}'`).join(' and ');
  return new DatabaseSetupError(
    `${table.key} does not hold what was stored in it: of ${scenes(differing)} ${sum('remembered')} ${NOUN[kind]} are remembered, ${sum('found')} are there`,
    `${differing.some((one) => one.found > one.remembered) ? 'Take out what is too much' : 'Put them back'}, or start over with these scenes: ${forget}`,
  );
}

const NAMED = 5;

/** `2 scenes (3, 5)` */
export function scenes(some: readonly { readonly obsid: number }[]): string {
  const named = some.slice(0, NAMED).map(({ obsid }) => obsid);
  const more = some.length > NAMED ? ', …' : '';
  return `${some.length} ${some.length === 1 ? 'scene' : 'scenes'} (${named.join(', ')}${more})`;
}

/** 12,345 */
function grouped(count: number): string {
  return count.toLocaleString('en');
}
