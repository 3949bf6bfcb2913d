/** Whether the server's disk has room for a table to be written anew. */
import { statfs } from 'node:fs/promises';
import type pg from 'pg';
import { folderOf, type Orderable, roomFor } from '../database/results/cluster.js';
import type { Connection } from '../database/session/connection.js';
import { gigabytes } from '../terminal/gigabytes.js';
import { FAILED } from '../terminal/exit-codes.js';
import { UserError } from '../terminal/user-error.js';

/**
 * Says what it takes. Only of a server on this machine the disk can be looked at.
 * @throws UserError where there is less.
 */
export async function requireRoom(pool: pg.Pool, connection: Connection, table: Orderable): Promise<void> {
  const needed = roomFor(table);
  const free = isHere(connection) ? await freeIn(await folderOf(pool, table)) : undefined;
  const takes = `ordering ${table.table} (${gigabytes(table.bytes)}) takes up to ${gigabytes(needed)} of the server's disk until it ends`;
  if (free === undefined) {
    process.stderr.write(`${takes}; how much is free can't be seen from here\n`);
    return;
  }
  if (free < needed)
    throw new UserError(
      `${takes}, and ${gigabytes(free)} are free. Make room, or say --no-disk-check where that is not the server's disk`,
      FAILED,
    );
  process.stderr.write(`${takes}; ${gigabytes(free)} are free\n`);
}

function isHere({ host }: Connection): boolean {
  return host.startsWith('/') || host === 'localhost' || host === '::1' || host.startsWith('127.');
}

/** Undefined where the folder is not on this machine (a container), or can't be looked at. */
async function freeIn(folder: string | undefined): Promise<number | undefined> {
  if (folder === undefined) return undefined;
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}
