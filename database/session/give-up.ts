/** Statements that nobody waits for any more are given up, at the server too. */
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { AbandonSession, type Database, inTransaction } from './session.js';

/** How long a statement may take to end once its server was told. */
const ENDED_WITHIN_MS = 2_000;
/** A server that does not take the word in that time won't heed it. */
const TOLD_WITHIN_MS = 5_000;

/**
 * Does the work of a client in a transaction; where the signal comes meanwhile the server is told to cancel it. The connection is
 * closed then, as the word may reach the server late, and would strike whoever has the connection by that time.
 * @throws what the signal was given.
 */
export async function unlessAborted<Result>(
  client: pg.ClientBase,
  signal: AbortSignal | undefined,
  work: () => Promise<Result>,
): Promise<Result> {
  if (signal === undefined) return await work();
  signal.throwIfAborted();
  const working = work();
  let onAbort = (): void => undefined;
  const aborted = new Promise<'aborted'>((resolve) => {
    onAbort = () => {
      cancel(client);
      resolve('aborted');
    };
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    const first = await Promise.race([working, aborted]);
    if (first !== 'aborted') return first;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
  await Promise.race([working.catch(() => undefined), sleep(ENDED_WITHIN_MS, undefined, { ref: false })]);
  throw new AbandonSession(signal.reason);
}

/** Runs one statement and returns its rows. @param signal the statement is given up with it. */
export async function queryUnlessAborted<Row extends object>(
  database: Database,
  sql: string,
  values: readonly unknown[],
  signal: AbortSignal | undefined,
): Promise<Row[]> {
  const run = (client: pg.ClientBase) =>
    unlessAborted(client, signal, async () => (await client.query<Row>(sql, [...values])).rows);
  return 'totalCount' in database ? inTransaction(database, run) : run(database);
}

/** What a client knows of its session at the server, beyond its published type. */
interface Session {
  readonly host: string;
  readonly port: number;
  readonly processID: number | null;
  readonly secretKey: number | null;
}

/** PostgreSQL's CancelRequest: a connection of its own, the process and the secret that it gave the client. Poolers pass it on. */
function cancel(client: pg.ClientBase): void {
  const { host, port, processID, secretKey } = client as unknown as Session;
  if (processID === null || secretKey === null) return;
  const request = Buffer.alloc(16);
  request.writeInt32BE(16, 0);
  request.writeInt16BE(1234, 4);
  request.writeInt16BE(5678, 6);
  request.writeInt32BE(processID, 8);
  request.writeInt32BE(secretKey, 12);
  const socket = host.startsWith('/') ? connect(`${host}/.s.PGSQL.${port}`) : connect(port, host);
  socket.setTimeout(TOLD_WITHIN_MS, () => socket.destroy());
  // The statement's own limit of time ends it where this does not.
  socket.on('error', () => socket.destroy());
  socket.end(request);
}
