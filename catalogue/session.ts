/**
 * Sessions and transactions: every statement of this room goes through here, so that a connection that breaks ends in
 * one plain error, and is never handed out again.
 */
import type pg from 'pg';
import { explainConnection, isRefusedByProj, isTransient } from './errors.js';
import type { ConnectionTarget } from './errors.js';

/** A pool, or a client that the caller keeps for itself (in a transaction, say). */
export type Database = pg.Pool | pg.ClientBase;

/** Runs one statement and returns its rows. */
export async function query<Row extends object>(
  database: Database,
  sql: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  const run = async (client: pg.ClientBase) => (await client.query<Row>(sql, [...values])).rows;
  return isPool(database) ? withClient(database, run) : run(database);
}

/** Runs one statement and returns how many rows it touched. */
export async function execute(
  database: Database,
  sql: string,
  values: readonly unknown[] = [],
): Promise<number> {
  const run = async (client: pg.ClientBase) => (await client.query(sql, [...values])).rowCount ?? 0;
  return isPool(database) ? withClient(database, run) : run(database);
}

/**
 * Lends a client of the pool to `work`. A client whose connection broke, or that `work` left in an unknown state, is
 * closed instead of being given back.
 * @throws ConnectionFailed when none can be had.
 */
export async function withClient<Result>(
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
    if (error instanceof AbandonSession || isTransient(error)) broken ??= error as Error;
    throw error instanceof AbandonSession ? error.cause : error;
  } finally {
    client.off('error', onError);
    client.release(broken);
  }
}

/** Thrown by `work` to have its connection closed, which also stops what the server is doing for it. */
export class AbandonSession extends Error {
  constructor(cause: unknown) {
    super('session abandoned', { cause });
  }
}

/** Runs `work` between BEGIN and COMMIT; anything it throws rolls back. */
export function inTransaction<Result>(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<Result>,
): Promise<Result> {
  return withClient(pool, async (client) => {
    await client.query('BEGIN');
    let result: Result;
    try {
      result = await work(client);
    } catch (error) {
      if (error instanceof AbandonSession) throw error;
      // A session that can't even roll back is closed, and the server rolls back by itself.
      await client.query('ROLLBACK').catch(() => {
        throw new AbandonSession(error);
      });
      throw error;
    }
    await client.query('COMMIT');
    return result;
  });
}

/** Runs `work` in a transaction whose statements all see one moment of the database. It can only read. */
export function inOneMoment<Result>(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<Result>,
): Promise<Result> {
  return inTransaction(pool, async (client) => {
    await client.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
    return work(client);
  });
}

/**
 * Does `work` within a transaction of the caller's, which goes on where PROJ refuses to transform something.
 * @returns undefined where it refused.
 */
export async function triedByProj<Result>(
  client: pg.ClientBase,
  work: () => Promise<Result>,
): Promise<Result | undefined> {
  await client.query('SAVEPOINT tried');
  let result: Result | undefined;
  try {
    result = await work();
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
