/**
 * Builds an index while campaigns and readers go on: CREATE INDEX CONCURRENTLY, which waits for transactions that are open and
 * keeps nobody waiting. What it leaves where it is cut short is an index that is not valid: it serves nobody, and every COPY pays
 * for it; so it is taken away again, or found by the next build.
 */
import pg from 'pg';
import type { Connection } from '../session/connection.js';
import { DatabaseSetupError, errorCode, isPoolerRefusal } from '../session/errors.js';
import { openPool } from '../session/pool.js';
import { execute, outsideTransaction, query } from '../session/session.js';
import { watchSession } from '../session/watch-session.js';
import type { MissingIndex } from './indexes.js';

export interface BuildOptions {
  readonly signal?: AbortSignal | undefined;
  /** @param share of the step that is done; null where the server doesn't say. */
  readonly onProgress?: ((step: string, share: number | null) => void) | undefined;
}

/** Sessions that build an index of the table. Names of phases and numbers are kept from other roles, process ids are not. */
const BUILDERS = `
  SELECT p.pid FROM pg_stat_progress_create_index p JOIN pg_locks l ON l.pid = p.pid
  WHERE l.locktype = 'relation' AND l.relation = $1::oid AND l.mode = 'ShareUpdateExclusiveLock' AND l.granted`;

const TAKEN =
  'SELECT relname AS name FROM pg_class WHERE relnamespace = $1::regnamespace AND starts_with(relname, $2)';

/** Bytes of a name that PostgreSQL keeps. */
const LONGEST = 63;

/**
 * Builds the index, and takes away first what a build that was cut short has left of it.
 * @param connection for a session of its own, without the limits of time that a role may have.
 * @returns the index's name, as it stands in a statement.
 * @throws DatabaseSetupError where the table is another's, or somebody else builds the index; the signal's reason when stopped.
 */
export async function buildIndex(
  pool: pg.Pool,
  connection: Connection,
  missing: MissingIndex,
  options: BuildOptions = {},
): Promise<string> {
  const { table, column, method, schema, invalid, isOurs } = missing;
  if (!isOurs) throw notOurs(missing);
  await refuseBuilders(pool, missing);
  const session = await openUnlimited(connection);
  try {
    if (invalid !== null) {
      options.onProgress?.(`${invalid}: taking away what an earlier build has left`, null);
      await watched(pool, session, `DROP INDEX CONCURRENTLY IF EXISTS ${invalid}`, missing, options);
    }
    const name = await freeName(pool, missing);
    const index = `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(name)}`;
    const sql = `CREATE INDEX CONCURRENTLY ${pg.escapeIdentifier(name)} ON ${table} USING ${method} (${pg.escapeIdentifier(column)})`;
    try {
      await watched(pool, session, sql, missing, options);
    } catch (error) {
      throw explain(error, missing, await clearUp(pool, connection, missing, index), options.signal);
    }
    return index;
  } finally {
    await session.end();
  }
}

/** Statistics by which the planner knows of the table's order and size. */
export async function analyse(pool: pg.Pool, { table }: Pick<MissingIndex, 'table'>): Promise<void> {
  await execute(pool, `ANALYZE ${table}`);
}

async function refuseBuilders(pool: pg.Pool, { table, oid }: MissingIndex): Promise<void> {
  const [builder] = await query<{ pid: number }>(pool, BUILDERS, [oid]);
  if (builder === undefined) return;
  throw new DatabaseSetupError(
    `an index of ${table} is being built by another session (process ${builder.pid})`,
    'Wait for it to end (pg_stat_progress_create_index shows it), then ask again',
  );
}

/** A role's limits of time would cut a build short. Poolers that refuse to be told of settings leave them as they are. */
async function openUnlimited(connection: Connection): Promise<pg.Pool> {
  const limits = '-c statement_timeout=0 -c lock_timeout=0 -c idle_in_transaction_session_timeout=0';
  const pool = openPool(
    { ...connection, options: `${connection.options ?? ''} ${limits}`.trim() },
    { max: 1 },
  );
  try {
    await query(pool, 'SELECT 1');
    return pool;
  } catch (error) {
    await pool.end();
    if (!isRefusedByPooler(error)) throw error;
    return openPool(connection, { max: 1 });
  }
}

function isRefusedByPooler(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return isPoolerRefusal(error) || (error.cause instanceof Error && isPoolerRefusal(error.cause));
}

async function watched(
  pool: pg.Pool,
  session: pg.Pool,
  sql: string,
  missing: MissingIndex,
  { signal, onProgress }: BuildOptions,
): Promise<void> {
  signal?.throwIfAborted();
  const watch = watchSession(pool, signal, async (name) => {
    const [progress] = await query<Progress>(pool, PROGRESS, [name]);
    if (progress !== undefined) onProgress?.(stepOf(missing, progress), shareOf(progress));
  });
  try {
    await outsideTransaction(session, sql, watch.begin);
  } finally {
    await watch.end();
  }
}

interface Progress {
  readonly phase: string;
  readonly lockers: number;
  readonly locker: number | null;
  readonly done: number;
  readonly total: number;
}

const PROGRESS = `
  SELECT p.phase, (p.lockers_total - p.lockers_done)::integer AS lockers, nullif(p.current_locker_pid, 0)::integer AS locker,
         CASE WHEN p.tuples_total > 0 THEN p.tuples_done ELSE p.blocks_done END::float8 AS done,
         CASE WHEN p.tuples_total > 0 THEN p.tuples_total ELSE p.blocks_total END::float8 AS total
  FROM pg_stat_progress_create_index p JOIN pg_stat_activity a USING (pid) WHERE starts_with(a.application_name, $1)`;

function stepOf({ table, column }: MissingIndex, { phase, lockers, locker }: Progress): string {
  const what = `index of ${table} by ${column}: ${phase}`;
  if (!phase.startsWith('waiting') || locker === null) return what;
  return `${what} (${lockers} to go, now process ${locker})`;
}

function shareOf({ phase, done, total }: Progress): number | null {
  return total > 0 && !phase.startsWith('waiting') ? Math.min(1, done / total) : null;
}

/** The name PostgreSQL itself would give, numbered where it is taken. */
async function freeName(pool: pg.Pool, { schema, name, column }: MissingIndex): Promise<string> {
  const ending = `_${column}_idx`;
  const stem = `${cut(name, LONGEST - Buffer.byteLength(ending) - 2)}${ending}`;
  const rows = await query<{ name: string }>(pool, TAKEN, [pg.escapeIdentifier(schema), stem]);
  const taken = new Set(rows.map((row) => row.name));
  for (let number = 0; ; number++) {
    const free = number === 0 ? stem : `${stem}${number}`;
    if (!taken.has(free)) return free;
  }
}

function cut(text: string, bytes: number): string {
  let short = text;
  while (Buffer.byteLength(short) > bytes) short = short.slice(0, -1);
  return short;
}

/** How long the removal may wait for transactions that look at the table. */
const CLEAR_UP_MS = 10_000;

const IS_LEFT = 'SELECT indisvalid AS valid FROM pg_index WHERE indexrelid = to_regclass($1)';

/** What has become of the index: there is none (any more), it was left, or the server goes on building it. */
type Left = 'nothing' | 'invalid' | 'building' | 'unknown';

async function clearUp(
  pool: pg.Pool,
  connection: Connection,
  { oid }: MissingIndex,
  index: string,
): Promise<Left> {
  try {
    const [left] = await query<{ valid: boolean }>(pool, IS_LEFT, [index]);
    if (left === undefined || left.valid) return 'nothing';
    if ((await query(pool, BUILDERS, [oid])).length > 0) return 'building';
    const limited = openPool(
      { ...connection, options: `${connection.options ?? ''} -c statement_timeout=${CLEAR_UP_MS}`.trim() },
      { max: 1 },
    );
    try {
      await outsideTransaction(limited, `DROP INDEX CONCURRENTLY IF EXISTS ${index}`);
    } finally {
      await limited.end();
    }
    return 'nothing';
  } catch {
    const left = await query<{ valid: boolean }>(pool, IS_LEFT, [index]).catch(() => undefined);
    return left === undefined ? 'unknown' : left.length === 0 ? 'nothing' : 'invalid';
  }
}

function explain(
  error: unknown,
  missing: MissingIndex,
  left: Left,
  signal: AbortSignal | undefined,
): unknown {
  const { table, column } = missing;
  if (errorCode(error) === '42501') return notOurs(missing, error);
  const why = signal?.aborted === true ? 'stopped' : error instanceof Error ? error.message : String(error);
  const after = {
    nothing: 'nothing is left of it',
    invalid: `what was begun is still there, not valid, and slows every COPY: parcelwise results index takes it away and begins anew`,
    building: 'the server goes on building it: look again later by parcelwise results show',
    unknown: 'look what is left of it by parcelwise results show, when the database answers again',
  }[left];
  const room = errorCode(error) === '53100' ? '; make room on its disk' : '';
  return new IndexNotBuilt(`the index of ${table} by ${column} was not built (${why})${room}: ${after}`, {
    cause: error,
  });
}

/** Nothing that a person set up is at fault: the build was stopped, or the server had no room or time for it. */
class IndexNotBuilt extends Error {
  override readonly name = 'IndexNotBuilt';
}

function notOurs({ table, column, method }: MissingIndex, cause?: unknown): DatabaseSetupError {
  return new DatabaseSetupError(
    `this database role is not the owner of ${table}, and may not index it`,
    `Run parcelwise results index as its owner, or let the owner run CREATE INDEX CONCURRENTLY ON ${table} USING ${method} (${pg.escapeIdentifier(column)})`,
    { cause },
  );
}
