/** The connection pool: one a process, shared by all that it does. */
import pg from 'pg';
import type { Connection } from './connection.js';

export interface PoolOptions {
  /** Connections at most; a worker needs one a chunk in flight and a few for short statements. */
  readonly max?: number | undefined;
  /** Hears of connections that break while nobody uses them. They are replaced anyway. */
  readonly onIdleError?: ((error: Error) => void) | undefined;
}

/** Also bounds the wait for a free connection of the pool, which a COPY may hold for some time. */
const CONNECT_TIMEOUT_MS = 30_000;
/** Longer than any statement of ours takes on a season of rows, short enough to end one that hangs. */
const STATEMENT_TIMEOUT_MS = 15 * 60_000;
/** A transaction whose client has gone silent gives its locks back after this. */
const IDLE_IN_TRANSACTION_MS = 120_000;

/**
 * Settings of every session. UTC, because CbM's timestamps are without zone and mean UTC. The TCP limits make the server
 * notice within a minute that a machine of ours is gone, and give up its locks.
 */
const SESSION = [
  '-c TimeZone=UTC',
  '-c DateStyle=ISO',
  '-c extra_float_digits=1',
  '-c client_min_messages=warning',
  '-c tcp_keepalives_idle=20',
  '-c tcp_keepalives_interval=10',
  '-c tcp_keepalives_count=3',
  '-c tcp_user_timeout=60000',
].join(' ');

/** Opens a pool. Nothing is connected before the first statement. */
export function openPool(connection: Connection, options: PoolOptions = {}): pg.Pool {
  const pool = new pg.Pool({
    ...connection,
    application_name: 'parcelwise',
    options: connection.options === undefined ? SESSION : `${SESSION} ${connection.options}`,
    max: options.max ?? 10,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    types: { getTypeParser },
  });
  pool.on('error', (error) => options.onIdleError?.(error));
  return pool;
}

/** Dates and times stay text: JavaScript's Date would read them in the machine's own zone. */
const TEXT_TYPES = new Set<number>([
  pg.types.builtins.DATE,
  pg.types.builtins.TIMESTAMP,
  pg.types.builtins.TIMESTAMPTZ,
]);

const parserOf = pg.types.getTypeParser as (
  oid: number,
  format?: 'text' | 'binary',
) => (value: string) => unknown;

const getTypeParser = ((oid: number, format?: 'text' | 'binary') =>
  format !== 'binary' && TEXT_TYPES.has(oid)
    ? (value: string) => value
    : parserOf(oid, format)) as typeof pg.types.getTypeParser;
