/** A COPY out of the database that may take hours, and whose reader may take its time. */
import type pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { AbandonSession, inTransaction } from '../session/session.js';

/**
 * Memory of each sort; and no end of a connection that is not read from for a while, since a file is being brought to its place:
 * tcp_user_timeout counts that as silence.
 */
const SETTINGS = "SET LOCAL work_mem = '128MB'; SET LOCAL tcp_user_timeout = 0";

/** Does the reading of an export, all of it at one moment of the database, however long it takes. It can only read. */
export function inLongSnapshot<Result>(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<Result>,
): Promise<Result> {
  return inTransaction(
    pool,
    async (client) => {
      await client.query(SETTINGS);
      return await work(client);
    },
    { snapshot: true, readOnly: true, unlimited: true, idle: true },
  );
}

/** The bytes of `COPY … TO STDOUT (FORMAT binary)`. Leaving it early, and the signal, end the connection. */
export async function* copyOut(
  client: pg.ClientBase,
  select: string,
  signal?: AbortSignal,
): AsyncGenerator<Buffer, void> {
  signal?.throwIfAborted();
  const stream = client.query(copyTo(`COPY (${select}) TO STDOUT (FORMAT binary)`));
  const abort = () => stream.destroy();
  signal?.addEventListener('abort', abort, { once: true });
  try {
    for await (const bytes of stream as AsyncIterable<Buffer>) yield bytes;
    signal?.throwIfAborted();
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener('abort', abort);
    stream.destroy();
  }
}

/** For whoever reads a COPY: what is thrown meanwhile leaves a connection that nothing can be asked of any more. */
export async function abandoning<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw new AbandonSession(error);
  }
}
