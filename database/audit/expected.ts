/**
 * What an audit compares with: the extractions in its scope and what each table should hold by plan, ledger and gaps,
 * in temporary tables of one transaction that sees one moment of the database.
 *
 * Sets of parcels are compared by their size and the sum of a 64-bit hash of each parcel's id, which does not depend on
 * order: a row lost, doubled or swapped for another changes one of the two (but for one chance in 2^64).
 */
import type pg from 'pg';
import { CLEAR_BAND, IS_CLEAR, LAYERS_OF } from '../ledger/layer-names.js';
import { execute, query } from '../session/session.js';

/** Which extractions are audited: all that meet every condition given. */
export interface AuditScope {
  /** Canonical name (`Table.key`). */
  readonly results?: string | undefined;
  readonly card?: string | undefined;
  /** The campaign's name, with or without the `campaign/` of its workflow. */
  readonly campaign?: string | undefined;
}

/** The sum behind all comparisons; `pid` is an integer column. */
export const PID_HASH = 'sum(hashint4extended(pid, 0))';

/** A season's ledger is unnested and its rows are grouped in memory, however many groups the planner expects. */
const SETTINGS = "SET LOCAL work_mem = '256MB'";

const TABLES = `
  CREATE TEMPORARY TABLE audit_extraction (LIKE parcelwise.extraction) ON COMMIT DROP;
  CREATE TEMPORARY TABLE audit_chunk (
    results_table text, obsid integer, chunk integer, counted bigint, distinct_count bigint, lowest integer, highest integer,
    hash numeric
  ) ON COMMIT DROP;
  CREATE TEMPORARY TABLE audit_gap (
    results_table text, obsid integer, chunk integer, band text, parcels bigint, hash numeric
  ) ON COMMIT DROP;
  CREATE TEMPORARY TABLE audit_expected (
    target text, results_table text, obsid integer, label text, band text, rows bigint, hash numeric
  ) ON COMMIT DROP`;

const FILL_EXTRACTION = `
  INSERT INTO audit_extraction SELECT * FROM parcelwise.extraction
  WHERE ($1::text IS NULL OR results_table = $1) AND ($2::text IS NULL OR card = $2)
    AND ($3::text IS NULL OR campaign IN ($3, 'campaign/' || $3))`;

/** One line a stored chunk. Lines of before migration 3 don't know their parcels: their sums are NULL. */
const FILL_CHUNK = `
  INSERT INTO audit_chunk
  SELECT l.results_table, l.obsid, l.chunk, p.* FROM parcelwise.ledger l
  JOIN audit_extraction USING (results_table, obsid)
  LEFT JOIN LATERAL (
    SELECT count(*), count(DISTINCT pid), min(pid), max(pid), coalesce(${PID_HASH}, 0) FROM unnest(l.pids) AS pid
  ) AS p ON l.pids IS NOT NULL`;

const FILL_GAP = `
  INSERT INTO audit_gap
  SELECT g.results_table, g.obsid, g.chunk, g.band, sum(p.parcels), sum(p.hash) FROM parcelwise.gap g
  JOIN audit_extraction USING (results_table, obsid)
  CROSS JOIN LATERAL (SELECT count(*) AS parcels, coalesce(${PID_HASH}, 0) AS hash FROM unnest(g.pids) AS pid) AS p
  GROUP BY 1, 2, 3, 4`;

/**
 * What a scene has stored of each layer, and what of it is a gap; the rest must be rows. `band` names the layer, as in gaps. Of a
 * scene that has not ended, chunks may lack layers that were asked for later.
 */
const FILL_EXPECTED = `
  WITH stored AS (
    SELECT e.results_table, e.obsid, layer.band, sum(l.parcels) AS parcels,
           CASE WHEN count(c.hash) = count(*) THEN sum(c.hash) END AS hash
    FROM audit_extraction e CROSS JOIN unnest(${LAYERS_OF('e')}) AS layer (band)
    JOIN parcelwise.ledger l USING (results_table, obsid) JOIN audit_chunk c USING (results_table, obsid, chunk)
    LEFT JOIN parcelwise.stored_layer y ON (y.results_table, y.obsid, y.chunk, y.layer) = (l.results_table, l.obsid, l.chunk, layer.band)
    WHERE e.status = 'extracted' OR y.layer IS NOT NULL GROUP BY 1, 2, 3
  ), gaps AS (
    SELECT results_table, obsid, band, sum(parcels) AS parcels, sum(hash) AS hash FROM audit_gap GROUP BY 1, 2, 3
  ), layers AS (
    SELECT results_table, obsid, band, stored.parcels - coalesce(gaps.parcels, 0) AS rows,
           stored.hash - coalesce(gaps.hash, 0) AS hash
    FROM stored LEFT JOIN gaps USING (results_table, obsid, band)
  )
  INSERT INTO audit_expected
  SELECT results_table, results_table, obsid, band, band, rows, hash FROM layers WHERE NOT ${IS_CLEAR('band')}
  UNION ALL
  SELECT e.hists_table, results_table, obsid, 'hist', band, rows, hash
  FROM layers JOIN audit_extraction e USING (results_table, obsid) WHERE e.hists_table IS NOT NULL AND band = e.class_band
  UNION ALL
  SELECT e.clear_table, results_table, obsid, ${CLEAR_BAND('band')}, band, rows, hash
  FROM layers JOIN audit_extraction e USING (results_table, obsid) WHERE e.clear_table IS NOT NULL AND ${IS_CLEAR('band')}`;

/** Fills the temporary tables. The caller's transaction must not have read anything yet. */
export async function fillExpected(client: pg.ClientBase, scope: AuditScope): Promise<number> {
  await client.query(SETTINGS);
  await client.query(TABLES);
  const scenes = await execute(client, FILL_EXTRACTION, [
    scope.results ?? null,
    scope.card ?? null,
    scope.campaign ?? null,
  ]);
  await client.query('ANALYZE audit_extraction');
  await client.query(FILL_CHUNK);
  await client.query(FILL_GAP);
  await client.query('ANALYZE audit_chunk; ANALYZE audit_gap');
  await client.query(FILL_EXPECTED);
  await client.query('ANALYZE audit_expected');
  return scenes;
}

/** Names that the extractions in scope bear in a column, each once. */
export async function distinctNames(
  client: pg.ClientBase,
  column: 'results_table' | 'hists_table' | 'clear_table' | 'catalogue_table',
): Promise<string[]> {
  const rows = await query<{ name: string }>(
    client,
    `SELECT DISTINCT ${column} AS name FROM audit_extraction WHERE ${column} IS NOT NULL ORDER BY 1`,
  );
  return rows.map(({ name }) => name);
}
