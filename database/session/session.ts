/**
 * Transactions: every statement of this room goes through here, so that each finds its session set as it must be, and a
 * connection that breaks ends in one plain error and is never handed out again.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { errorCode, explainConnection, isRefusedByProj } from './errors.js';
import type { ConnectionTarget } from './errors.js';
import { DatabasePool } from './pool.js';
import { beginning, type TransactionOptions } from './session-settings.js';
import { WatchedClient } from './watched-client.js';

/** A pool, or a client that the caller keeps for itself, in a transaction. */
export type Database = pg.Pool | pg.ClientBase;

/** Runs one statement and returns its rows. */
export async function query<Row extends object>(
  database: Database,
  sql: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  const run = async (client: pg.ClientBase) => (await client.query<Row>(sql, [...values])).rows;
  return isPool(database) ? inTransaction(database, run) : run(database);
}

/** Runs one statement and returns how many rows it touched. */
export async function execute(
  database: Database,
  sql: string,
  values: readonly unknown[] = [],
): Promise<number> {
  const run = async (client: pg.ClientBase) => (await client.query(sql, [...values])).rowCount ?? 0;
  return isPool(database) ? inTransaction(database, run) : run(database);
}

/** Thrown by `work` to have its connection closed, which also stops what the server is doing for it. */
export class AbandonSession extends Error {
  constructor(cause: unknown) {
    super('session abandoned', { cause });
  }
}

/** Two that can't be serialised rarely meet more than once. */
const ATTEMPTS = 20;
/** Longest pause before another attempt, drawn anew for each, so that two don't go on meeting. */
const PAUSE_MS = 200;
/** What PostgreSQL says where one moment can't be kept, or two wait for each other. */
const NOT_SERIALISED = new Set(['40001', '40P01']);

/**
 * Runs `work` between BEGIN and COMMIT; anything it throws rolls back. With `snapshot` it may be run more than once, so
 * it must begin anew each time and change nothing but the database.
 * @throws ConnectionFailed when there is no connection to be had.
 */
export async function inTransaction<Result>(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<Result>,
  options: TransactionOptions = {},
): Promise<Result> {
  const attempts = options.snapshot === true ? ATTEMPTS : 1;
  for (let attempt = 1; ; attempt++) {
    try {
      return await withClient(pool, (client) => transact(client, work, optionsFor(pool, options)));
    } catch (error) {
      if (attempt === attempts || !NOT_SERIALISED.has(errorCode(error) ?? '')) throw error;
      await sleep(Math.random() * PAUSE_MS);
    }
  }
}

async function transact<Result>(
  client: pg.PoolClient,
  work: (client: pg.PoolClient) => Promise<Result>,
  options: TransactionOptions,
): Promise<Result> {
  if (client instanceof WatchedClient) client.unlimited = options.unlimited === true;
  let result: Result;
  try {
    await client.query(beginning(options));
    result = await work(client);
  } catch (error) {
    if (error instanceof AbandonSession) throw error;
    // A session that can't even roll back is closed, and the server rolls back by itself.
    await client.query('ROLLBACK').catch(() => {
      throw new AbandonSession(error);
    });
    throw error;
  }
  // After a COMMIT that fails nobody knows what state the session is in.
  const { command } = await client.query('COMMIT').catch((error: unknown) => {
    throw new AbandonSession(error);
  });
  // Of a transaction in which something failed COMMIT makes a ROLLBACK, and says so in its answer only.
  if (command !== 'COMMIT') throw new Error('a transaction was rolled back, though its failure was not told');
  return result;
}

function optionsFor(pool: pg.Pool, options: TransactionOptions): TransactionOptions {
  if (!(pool instanceof DatabasePool)) return options;
  const { statementTimeoutMs } = pool;
  return {
    ...options,
    ...(pool.readOnly && { readOnly: true }),
    ...(statementTimeoutMs !== undefined && { statementTimeoutMs }),
  };
}

/**
 * Lends a client of the pool to `work`. A client whose connection broke, or that `work` left in an unknown state, is
 * closed instead of being given back.
 */
async function withClient<Result>(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<Result>,
): Promise<Result> {
  const client = await pool.connect().catch((error: unknown) => {
    throw explainConnection(error, targetOf(pool));
  });
  // A lent client has no listener of the pool's: without one, a cut connection would end the process.
  let broken: Error | undefined;
  const onError = (error: Error) => {
    broken = error;
  };
  client.on('error', onError);
  try {
    return await work(client);
  } catch (error) {
    if (error instanceof AbandonSession) broken ??= error;
    throw error instanceof AbandonSession ? error.cause : error;
  } finally {
    client.off('error', onError);
    // A connection that is given up gets no farewell: its answer might never come.
    if (broken !== undefined && client instanceof WatchedClient) client.destroy();
    client.release(broken);
  }
}

/**
 * Runs a statement that PostgreSQL refuses within a transaction (CREATE INDEX CONCURRENTLY), for as long as it takes. Its session is
 * set as connection and role say: nothing can be set for one statement alone.
 * @param onSession hears what the session is called, by which others see what it does, and can stop it.
 */
export function outsideTransaction(
  pool: pg.Pool,
  sql: string,
  onSession: (name: string) => void = () => undefined,
): Promise<void> {
  return withClient(pool, async (client) => {
    if (client instanceof WatchedClient) {
      client.unlimited = true;
      onSession(client.sessionName);
    }
    await client.query(sql);
  });
}

/** Runs `work` in a transaction whose statements all see one moment of the database. It can only read. */
export function inSnapshot<Result>(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<Result>,
): Promise<Result> {
  return inTransaction(pool, work, { snapshot: true, readOnly: true });
}

/**
 * Does `work` within a transaction of the caller's, which goes on where PROJ refuses to transform something, or GEOS to reckon with it.
 * @returns undefined where it refused.
 */
export async function triedByProj<Result>(
  database: Database,
  work: (client: pg.ClientBase) => Promise<Result>,
): Promise<Result | undefined> {
  if (isPool(database)) return inTransaction(database, (client) => triedByProj(client, work));
  const client = database;
  await client.query('SAVEPOINT tried');
  let result: Result | undefined;
  try {
    result = await work(client);
  } catch (error) {
    if (!isRefusedByProj(error)) throw error;
    await client.query('ROLLBACK TO SAVEPOINT tried');
  }
  await client.query('RELEASE SAVEPOINT tried');
  return result;
}

function isPool(database: Database): database is pg.Pool {
  return 'totalCount' in database;
}

function targetOf(pool: pg.Pool): ConnectionTarget {
  const { host, port, database, user } = pool.options;
  return { host: host ?? 'localhost', port: port ?? 5432, database: database ?? '', user: user ?? '' };
}
