/** A PgBouncer in front of the tests' server, where one is installed. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from '../../../database/session/connection.js';
import { freePort } from '../../../stack/ports.js';

/** Debian keeps it where a user's path does not lead. */
const PROGRAM = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
  .map((folder) => join(folder, 'pgbouncer'))
  .find((path) => existsSync(path));

/** For `describe`. */
export const skipWithoutPgBouncer =
  PROGRAM === undefined ? 'PgBouncer is not installed: NOT TESTED behind a pooler' : false;

export interface PgBouncer {
  /** To the database, by way of it. */
  readonly connection: Connection;
  stop(): Promise<void>;
}

/** @param size server connections that all clients share. */
export async function startPgBouncer(
  { host, port, database, user, password }: Connection,
  mode: 'session' | 'transaction' | 'statement',
  size = 10,
): Promise<PgBouncer> {
  const folder = await mkdtemp(join(tmpdir(), 'parcelwise-pgbouncer-'));
  await chmod(folder, 0o755);
  const own = await freePort();
  const secret = password === undefined ? '' : ` password=${password()}`;
  const settings = join(folder, 'pgbouncer.ini');
  await writeFile(
    settings,
    `[databases]
${database} = host=${host} port=${port} dbname=${database} user=${user}${secret}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${own}
unix_socket_dir =
auth_type = any
pool_mode = ${mode}
default_pool_size = ${size}
max_client_conn = 200
`,
  );
  // It does not run as root, and needs nothing of anybody.
  const asNobody = process.getuid?.() === 0 ? ['-u', 'nobody'] : [];
  const child = spawn(PROGRAM!, ['-q', ...asNobody, settings], { stdio: 'ignore' });
  const ended = new Promise<void>((resolve) =>
    child.once('exit', () => {
      resolve();
    }),
  );
  await untilListening(own);
  return {
    connection: { host: '127.0.0.1', port: own, database, user, password: () => 'none' },
    stop: async () => {
      child.kill('SIGKILL');
      await ended;
      await rm(folder, { recursive: true });
    },
  };
}

async function untilListening(port: number): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        resolve(true);
        socket.destroy();
      }).on('error', () => {
        resolve(false);
      });
    });
    if (isOpen) return;
    await sleep(50);
  }
  throw new Error('PgBouncer does not listen');
}
