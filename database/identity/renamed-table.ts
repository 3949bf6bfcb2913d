/**
 * Results, clear and histograms tables that bear another name than when their rows were stored: renamed, moved to another schema, or
 * restored under a new name. Such a table is known by its rows: it holds exactly what is remembered of a name that is gone.
 */
import type pg from 'pg';
import { STORED } from '../ledger/extractions.js';
import type { CheckedSelection } from '../selection/check.js';
import { STORED_BESIDE } from '../ledger/stored-with.js';
import { DatabaseSetupError } from '../session/errors.js';
import { findTable } from '../session/identifier.js';
import { execute, inTransaction, query } from '../session/session.js';
import { differingScenes, scenes, type StoredKind, TABLE_COLUMN } from './stored-rows.js';
import type { Table } from '../terms.js';

const NAMES = {
  results: `SELECT DISTINCT results_table AS name FROM parcelwise.stored_layer WHERE rows > 0 ORDER BY 1`,
  hists: `SELECT DISTINCT e.hists_table AS name FROM parcelwise.extraction e JOIN parcelwise.ledger l USING (results_table, obsid)
          WHERE e.hists_table IS NOT NULL AND l.hists > 0 ORDER BY 1`,
  clear: `SELECT DISTINCT e.clear_table AS name FROM parcelwise.extraction e JOIN parcelwise.ledger l USING (results_table, obsid)
          WHERE e.clear_table IS NOT NULL AND l.clear > 0 ORDER BY 1`,
} as const;

/** Extractions under the new name, of which nothing is stored, make way. */
const MAKE_WAY = `
  DELETE FROM parcelwise.extraction e WHERE results_table = $2
    AND NOT ${STORED}
    AND EXISTS (SELECT FROM parcelwise.extraction o WHERE (o.results_table, o.obsid) = ($1, e.obsid))`;

/** Plan, ledger, layers, gaps and notes of supersession follow by their foreign keys. */
const RENAME = (kind: StoredKind) => `
  UPDATE parcelwise.extraction SET ${TABLE_COLUMN[kind]} = $2, selection = jsonb_set(selection, '{tables,${kind}}', to_jsonb($2::text))
  WHERE ${TABLE_COLUMN[kind]} = $1`;

/** Scenes of both names: one extraction a scene keeps its histograms, or its clear rows, in a table. */
const TAKEN = (kind: 'hists' | 'clear') => `
  SELECT o.results_table AS results, o.obsid FROM parcelwise.extraction e JOIN parcelwise.extraction o USING (obsid)
  WHERE e.${TABLE_COLUMN[kind]} = $1 AND o.${TABLE_COLUMN[kind]} = $2 ORDER BY 2`;

/**
 * Takes tables that nothing is remembered of for those that they are by their rows.
 * @throws DatabaseSetupError where scenes whose histograms or clear rows are there are extracted into the table once more, beside
 * another results table.
 */
export async function recogniseTables(
  pool: pg.Pool,
  { results, hists, clear }: Pick<CheckedSelection, 'results' | 'hists' | 'clear'>,
): Promise<void> {
  await recognise(pool, results, 'results');
  if (hists !== undefined) await recognise(pool, hists, 'hists');
  if (clear !== undefined) await recognise(pool, clear, 'clear');
}

async function recognise(pool: pg.Pool, table: Table, kind: StoredKind): Promise<void> {
  const names = (await query<{ name: string }>(pool, NAMES[kind])).map(({ name }) => name);
  if (names.includes(table.key)) return;
  const same: string[] = [];
  for (const name of names) {
    if ((await findTable(pool, name)) !== undefined) continue;
    const differing = await inTransaction(
      pool,
      (client) => differingScenes(client, { ...table, remembered: name }, kind, null),
      { unlimited: true },
    );
    if (differing.length === 0) same.push(name);
  }
  const [name] = same;
  // Of two that it might be nobody knows which.
  if (name === undefined || same.length > 1) return;
  await inTransaction(pool, async (client) => {
    if (kind === 'results') await execute(client, MAKE_WAY, [name, table.key]);
    else await refuseTaken(client, name, table, kind);
    await execute(client, RENAME(kind), [name, table.key]);
  });
}

async function refuseTaken(
  client: pg.ClientBase,
  name: string,
  { key }: Table,
  kind: 'hists' | 'clear',
): Promise<void> {
  const taken = await query<{ results: string; obsid: number }>(client, TAKEN(kind), [name, key]);
  const [first] = taken;
  if (first === undefined) return;
  throw new DatabaseSetupError(
    `${key} is the table that was called ${name}: it holds the ${STORED_BESIDE[kind]} of ${scenes(taken)}, which ${first.results} has been begun with there once more`,
    `Give ${first.results} a ${kind}_table of its own (--${kind}), and start over with those scenes: parcelwise scene forget --results '${first.results}' ${first.obsid}${taken.length > 1 ? ' …' : ''}`,
  );
}
