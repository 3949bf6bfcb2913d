/**
 * Orders the rows of a table by parcel (CLUSTER), so that a parcel's season lies in a few pages. The table is written anew: for that
 * long nobody reads it or stores in it, and its disk holds it twice. Scenes in work would wait and fail, so there must be none, and
 * claims wait until it is done. What parcelwise remembers of the table's files follows in the same transaction.
 */
import type pg from 'pg';
import { keepFiles, TURN } from '../identity/kept-files.js';
import { CLAIM_GATE } from '../session/advisory-locks.js';
import { DatabaseSetupError, errorCode } from '../session/errors.js';
import { inTransaction, query } from '../session/session.js';
import type { Database } from '../session/session.js';
import { WatchedClient } from '../session/watched-client.js';
import { watchSession } from '../session/watch-session.js';
import type { Table } from '../terms.js';
import type { BuildOptions } from './build-index.js';

/** A table of rows that can be put in order, or a partition of one. */
export interface Orderable {
  readonly table: string;
  readonly oid: number;
  /** The index by parcel that gives the order; null where there is none. */
  readonly index: string | null;
  readonly isOurs: boolean;
  /** By the statistics of the last ANALYZE or VACUUM; null where there are none. */
  readonly rows: number | null;
  /** What table and indexes take on disk. */
  readonly bytes: number;
  readonly indexBytes: number;
  /** How far its rows are in the order of parcels, 1 wholly; null where nothing is known. */
  readonly order: number | null;
}

const ORDERABLE = `
  WITH RECURSIVE tree AS (
    SELECT $1::oid AS oid UNION ALL SELECT i.inhrelid FROM tree JOIN pg_inherits i ON i.inhparent = tree.oid
  )
  SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS "table", c.oid::int8::float8 AS oid,
         CASE WHEN c.reltuples >= 0 THEN c.reltuples::float8 END AS rows,
         pg_has_role(c.relowner, 'USAGE') AS "isOurs", pg_table_size(c.oid)::float8 AS bytes, pg_indexes_size(c.oid)::float8 AS "indexBytes",
         (SELECT quote_ident(x.relname) FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_am am ON am.oid = x.relam
          JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
          WHERE i.indrelid = c.oid AND a.attname = 'pid' AND am.amname = 'btree' AND i.indpred IS NULL AND i.indisvalid
          ORDER BY i.indnkeyatts DESC, x.relname LIMIT 1) AS index,
         (SELECT correlation::float8 FROM pg_stats s
          WHERE (s.schemaname, s.tablename, s.attname) = (n.nspname, c.relname, 'pid')) AS "order"
  FROM tree JOIN pg_class c ON c.oid = tree.oid JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind = 'r' ORDER BY 1`;

/** The table itself, or its partitions. None of a view. */
export function orderables(database: Database, { oid }: Table): Promise<Orderable[]> {
  return query<Orderable>(database, ORDERABLE, [oid]);
}

/** Bytes that ordering takes beside what is there until it ends: the new table, its indexes, and what is sorted. */
export function roomFor({ bytes, indexBytes }: Orderable): number {
  return 2 * bytes + indexBytes;
}

/** Where the table's files are, as far as this role may know. */
const PLACE = `
  SELECT coalesce(nullif(pg_tablespace_location(coalesce(nullif(c.reltablespace, 0), d.dattablespace)), ''),
                  (SELECT setting FROM pg_settings WHERE name = 'data_directory')) AS folder
  FROM pg_class c, pg_database d WHERE c.oid = $1::oid AND d.datname = current_database()`;

/** The folder on the server's machine that holds the table. */
export async function folderOf(database: Database, { oid }: Orderable): Promise<string | undefined> {
  const [place] = await query<{ folder: string | null }>(database, PLACE, [oid]);
  return place?.folder ?? undefined;
}

/** Scenes in work that store in the table. */
const HELD = `
  SELECT obsid, results_table AS results FROM parcelwise.extraction
  WHERE status = 'inprogress' AND $1 IN (results_table, hists_table, clear_table) ORDER BY obsid`;

/** Nobody who comes later waits for those who read already for longer than this. */
const LOCK_MS = 10_000;

export interface OrderOptions extends BuildOptions {
  /** How long the table is waited for. */
  readonly lockMs?: number | undefined;
}

/** Sessions that have the table, in whatever way. */
const USERS = `
  SELECT DISTINCT l.pid, coalesce(nullif(a.application_name, ''), a.usename, '') AS who FROM pg_locks l LEFT JOIN pg_stat_activity a USING (pid)
  WHERE l.locktype = 'relation' AND l.relation = $1::oid AND l.granted AND l.pid <> pg_backend_pid() ORDER BY 1 LIMIT 5`;

/**
 * Orders one table, or one partition of `root`.
 * @throws DatabaseSetupError while scenes of the table are in work, where there is no index, or where the table is another's;
 * TableInUse while others have it; the signal's reason when stopped. Nothing has changed then.
 */
export async function orderByParcel(
  pool: pg.Pool,
  root: Table,
  orderable: Orderable,
  options: OrderOptions = {},
): Promise<void> {
  const { table, index } = orderable;
  const { lockMs = LOCK_MS } = options;
  if (!orderable.isOurs) throw notOurs(orderable);
  if (index === null)
    throw new DatabaseSetupError(
      `${table} has no index by parcel to be ordered by`,
      'Build it first: parcelwise results index',
    );
  options.signal?.throwIfAborted();
  const watch = watchSession(pool, options.signal, (name) => report(pool, name, table, options));
  const order = async (client: pg.PoolClient): Promise<void> => {
    if (client instanceof WatchedClient) watch.begin(client.sessionName);
    await takeLocks(client, root, orderable, lockMs);
    await keepFiles(client, root, () => client.query(`CLUSTER ${table} USING ${index}`));
  };
  try {
    await inTransaction(pool, order, { unlimited: true });
  } catch (error) {
    options.signal?.throwIfAborted();
    if (errorCode(error) === '42501') throw notOurs(orderable, error);
    if (errorCode(error) === '55P03') throw await inUse(pool, orderable, lockMs, error);
    throw error;
  } finally {
    await watch.end();
  }
}

/** In the order in which all take them: those who count rows have their turn before they look at the table. */
async function takeLocks(
  client: pg.ClientBase,
  root: Table,
  { table }: Orderable,
  lockMs: number,
): Promise<void> {
  await client.query(`SET LOCAL lock_timeout = ${lockMs}`);
  await client.query(TURN);
  await client.query(CLAIM_GATE.close, [root.oid]);
  const held = await query<{ obsid: number; results: string }>(client, HELD, [root.key]);
  const [first] = held;
  if (first !== undefined)
    throw new DatabaseSetupError(
      `${held.length} ${held.length === 1 ? 'scene is' : 'scenes are'} being worked on that store in ${root.key} (${first.obsid} of ${first.results} is one): they would wait for as long as the table is ordered`,
      'Wait for the campaign to end, or cancel it (parcelwise campaign cancel); parcelwise reconcile gives back what nobody works on',
    );
  await client.query(`LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`);
  await client.query('SET LOCAL lock_timeout = 0');
}

interface Progress {
  readonly phase: string;
  readonly done: number;
  readonly total: number;
}

const PROGRESS = `
  SELECT p.phase, CASE WHEN p.phase = 'writing new heap' THEN p.heap_tuples_written ELSE p.heap_blks_scanned END::float8 AS done,
         CASE WHEN p.phase = 'writing new heap' THEN p.heap_tuples_scanned ELSE p.heap_blks_total END::float8 AS total
  FROM pg_stat_progress_cluster p JOIN pg_stat_activity a USING (pid) WHERE starts_with(a.application_name, $1)`;

async function report(
  pool: pg.Pool,
  session: string,
  table: string,
  { onProgress }: BuildOptions,
): Promise<void> {
  const [progress] = await query<Progress>(pool, PROGRESS, [session]);
  if (progress === undefined) {
    onProgress?.(`${table}: waiting for those who have it`, null);
    return;
  }
  const { phase, done, total } = progress;
  const isMeasured = phase === 'seq scanning heap' || phase === 'writing new heap';
  onProgress?.(`${table}: ${phase}`, isMeasured && total > 0 ? Math.min(1, done / total) : null);
}

/** Others have the table, and are not waited for: all who came later would wait with us. */
class TableInUse extends Error {
  override readonly name = 'TableInUse';
}

async function inUse(
  pool: pg.Pool,
  { table, oid }: Orderable,
  lockMs: number,
  cause: unknown,
): Promise<TableInUse> {
  const users = await query<{ pid: number; who: string }>(pool, USERS, [oid]).catch(() => []);
  const named = users.map(({ pid, who }) => `process ${pid}${who === '' ? '' : ` (${who})`}`).join(', ');
  return new TableInUse(
    `${table} was not ordered: ${users.length === 0 ? 'another session' : named} has had it for longer than ${lockMs / 1000} s, and whoever came later would wait. Ask again when that has ended`,
    { cause },
  );
}

function notOurs({ table, index }: Orderable, cause?: unknown): DatabaseSetupError {
  return new DatabaseSetupError(
    `this database role is not the owner of ${table}, and may not order it`,
    `Run parcelwise results cluster as its owner${index === null ? '' : `, or let the owner run CLUSTER ${table} USING ${index} while no campaign runs`}`,
    { cause },
  );
}
