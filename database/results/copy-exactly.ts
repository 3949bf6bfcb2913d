/** Rows copied into a table, counted by the server. */
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';

/** A binary COPY body in one piece, in pieces, or as a stream of them (see `CopyBody`). */
export type CopySource = Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** Pieces a server can take in without setting much memory aside for each. */
const PIECE_BYTES = 1 << 18;

/**
 * Copies rows into a table, so many and no others.
 * @throws Error where another number arrives than was announced, and what the source or the server refuses with
 */
export async function copyExactly(
  client: pg.ClientBase,
  sql: string,
  source: CopySource,
  expected: number,
): Promise<void> {
  const stream = client.query(copyFrom(sql));
  let refused: Error | undefined;
  const ended = new Promise<void>((resolve) => {
    stream.once('finish', resolve);
    stream.on('error', (error: Error) => {
      refused ??= error;
      resolve();
    });
  });
  try {
    for await (const bytes of source instanceof Uint8Array ? [source] : source) {
      for (let at = 0; at < bytes.length && refused === undefined; at += PIECE_BYTES) {
        if (stream.write(bytes.subarray(at, at + PIECE_BYTES))) continue;
        await Promise.race([ended, new Promise((resolve) => stream.once('drain', resolve))]);
      }
    }
  } catch (error) {
    // The source failed: the server is told to forget the copy, and its assent is not waited for.
    if (refused === undefined) stream.destroy(error as Error);
    throw error;
  }
  if (refused === undefined) stream.end();
  await ended;
  if (refused !== undefined) throw refused;
  if (stream.rowCount !== expected) {
    throw new Error(`${expected} rows were announced, ${stream.rowCount} arrived: ${sql.trim()}`);
  }
}
