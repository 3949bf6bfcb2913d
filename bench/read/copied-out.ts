/** What a COPY sends, and nothing done with it. */
import { pipeline } from 'node:stream/promises';
import { Writable } from 'node:stream';
import type pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';

export async function copiedOut(
  pool: pg.Pool,
  sql: string,
): Promise<{ readonly seconds: number; readonly bytes: number }> {
  const client = await pool.connect();
  const began = performance.now();
  let bytes = 0;
  const nowhere = new Writable({
    write: (piece: Buffer, _, done) => {
      bytes += piece.length;
      done();
    },
  });
  try {
    await pipeline(client.query(copyTo(sql)), nowhere);
    return { seconds: (performance.now() - began) / 1000, bytes };
  } finally {
    client.release();
  }
}
