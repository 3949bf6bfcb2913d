/** Parcels that are stored anew: what older chunks of their scene hold of them goes, in the transaction that stores them. */
import type pg from 'pg';
import type { CheckedSelection } from '../selection/check.js';
import { execute, query } from '../session/session.js';
import { IS_CLEAR } from './layer-names.js';
import { correctLayers } from './layers.js';

/** Chunks of one renewal are stored side by side, and each changes the lines of the same older ones. */
const LOCK_OLDER = `
  SELECT chunk FROM parcelwise.ledger WHERE (results_table, obsid) = ($1, $2) AND chunk <> $3 AND pids && $4::integer[]
  ORDER BY chunk FOR UPDATE`;

const REMOVE = (key: string) => `DELETE FROM ${key} WHERE obsid = $1 AND pid = ANY ($2::integer[])`;

const KEPT = `SELECT hists_table AS hists, clear_table AS clear FROM parcelwise.extraction WHERE (results_table, obsid) = ($1, $2)`;

const FORGET_GAPS = `
  UPDATE parcelwise.gap SET pids = ARRAY(SELECT pid FROM unnest(pids) AS pid WHERE pid <> ALL ($4::integer[]) ORDER BY pid)
  WHERE (results_table, obsid) = ($1, $2) AND chunk = ANY ($3) AND pids && $4::integer[]`;

const FORGET_EMPTY_GAPS = `
  DELETE FROM parcelwise.gap WHERE (results_table, obsid) = ($1, $2) AND chunk = ANY ($3) AND pids = '{}'`;

const KEEP_OTHERS = `
  UPDATE parcelwise.ledger l SET pids = n.pids, parcels = cardinality(n.pids)
  FROM (SELECT chunk, ARRAY(SELECT pid FROM unnest(older.pids) AS pid WHERE pid <> ALL ($4::integer[]) ORDER BY pid) AS pids
        FROM parcelwise.ledger older WHERE (results_table, obsid) = ($1, $2) AND chunk = ANY ($3)) AS n
  WHERE (l.results_table, l.obsid, l.chunk) = ($1, $2, n.chunk)`;

/** Each row of the class band's layer has a histogram, where they are kept. */
const RECOUNT = `
  UPDATE parcelwise.ledger l SET rows = y.rows, clear = y.clear,
    hists = CASE WHEN e.hists_table IS NULL THEN l.hists ELSE coalesce(y.hists, l.hists) END
  FROM parcelwise.extraction e, LATERAL (
    SELECT o.chunk, coalesce(sum(o.rows) FILTER (WHERE NOT ${IS_CLEAR('o.layer')}), 0) AS rows,
           coalesce(sum(o.rows) FILTER (WHERE ${IS_CLEAR('o.layer')}), 0) AS clear, sum(o.rows) FILTER (WHERE o.layer = e.class_band) AS hists
    FROM parcelwise.stored_layer o WHERE (o.results_table, o.obsid) = ($1, $2) AND o.chunk = ANY ($3) GROUP BY o.chunk
  ) AS y
  WHERE (e.results_table, e.obsid) = ($1, $2) AND (l.results_table, l.obsid, l.chunk) = ($1, $2, y.chunk)`;

/**
 * Takes the rows, clear rows, histograms and gaps of these parcels out of the scene's other chunks, before they are stored anew in
 * `chunk`, in whose transaction this must be. Without an index on pid or obsid the results table is read once.
 */
export async function removeFromOtherChunks(
  client: pg.ClientBase,
  { results, hists, clear }: Pick<CheckedSelection, 'results' | 'hists' | 'clear'>,
  obsid: number,
  chunk: number,
  pids: readonly number[],
): Promise<void> {
  const key = [results.key, obsid];
  const older = await query<{ chunk: number }>(client, LOCK_OLDER, [...key, chunk, pids]);
  if (older.length === 0) return;
  const values = [results.key, obsid, older.map((line) => line.chunk), pids] as const;
  await execute(client, REMOVE(results.key), [obsid, pids]);
  // Another extraction's histograms or clear rows of these parcels may stand in the same table.
  const [kept] = await query<{ hists: string | null; clear: string | null }>(client, KEPT, key);
  for (const [table, name] of [
    [hists, kept?.hists],
    [clear, kept?.clear],
  ] as const)
    if (table !== undefined && name === table.key) await execute(client, REMOVE(table.key), [obsid, pids]);
  await client.query(FORGET_GAPS, [...values]);
  await client.query(FORGET_EMPTY_GAPS, values.slice(0, 3));
  await client.query(KEEP_OTHERS, [...values]);
  await correctLayers(client, [results.key, obsid], values[2]);
  await client.query(RECOUNT, values.slice(0, 3));
}
