/**
 * Locks between the processes of a host: a slot of a scratch folder, a coverage being built. A lock is a listening local
 * socket: the system drops it with the process, however that ends, so no stale lock has to be told from a live one by
 * guessing at process ids.
 *
 * On Linux the socket has no file (an abstract name, unix(7)), so that of any number of processes that try at once
 * exactly one gets it. Elsewhere a dead process leaves its socket's file behind, and the next one takes it over.
 */
import { createHash } from 'node:crypto';
import { unlink } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ABSTRACT = process.platform === 'linux';

export interface Lock {
  release(): Promise<void>;
}

/** Takes the lock of this name, or returns undefined when a living process holds it. */
export async function tryLock(name: string): Promise<Lock | undefined> {
  const path = socketPath(name);
  const server = (await listen(path)) ?? (ABSTRACT ? undefined : await takeOver(path));
  if (server === undefined) return undefined;
  server.unref();
  return {
    release: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
      }),
  };
}

/** Socket paths are limited to about 100 bytes, so the name goes into a hash. */
function socketPath(name: string): string {
  const place = createHash('sha256').update(name).digest('hex').slice(0, 16);
  return ABSTRACT ? `\0parcelwise-${place}` : join(tmpdir(), `parcelwise-${place}.sock`);
}

function listen(path: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.listen(path, () => {
      resolve(server);
    });
  });
}

/** A socket file that nobody answers on was left by a process that is dead. */
async function takeOver(path: string): Promise<Server | undefined> {
  if (await answers(path)) return undefined;
  await unlink(path).catch(() => undefined);
  return await listen(path);
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => {
      resolve(false);
    });
  });
}
