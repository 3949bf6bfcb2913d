/** The private PostgreSQL cluster of the embedded stack: made once, with PostGIS in every database made in it. */
import { chown, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import pg from 'pg';
import type { PostgresBinaries } from './postgres-binaries.js';
import { commandLine, endProcess } from './processes.js';
import type { Report } from './report.js';
import { startServer } from './server.js';
import type { RunAs, Server } from './server.js';
import { run } from './tools.js';

/**
 * The cluster's superuser and its database. A user named like our schema would get everybody's tables created in that
 * schema, as the search path begins with "$user".
 */
export const DATABASE_USER = 'cbm';
export const DATABASE_NAME = 'parcelwise';

export interface PostgresOptions {
  readonly binaries: PostgresBinaries;
  /** The data folder; must be reachable by `user`. */
  readonly folder: string;
  /** Needed when we are root, as PostgreSQL refuses to be. */
  readonly user?: RunAs | undefined;
  readonly port: number;
  readonly password: string;
  /** For tests only: a crash of the machine may lose everything, and nothing waits for the disk. */
  readonly throwaway: boolean;
  readonly logs: string;
  readonly report: Report;
}

export function databaseUrl(port: number, password: string, database = DATABASE_NAME): string {
  return `postgresql://${DATABASE_USER}:${password}@127.0.0.1:${port}/${database}`;
}

/** The major version a cluster was made by; undefined where there is none. */
export async function clusterMajor(folder: string): Promise<number | undefined> {
  const version = await readFile(join(folder, 'PG_VERSION'), 'utf8').catch(() => undefined);
  return version === undefined ? undefined : Number.parseInt(version, 10);
}

/** Starts the cluster on 127.0.0.1, making it first where there is none, and resolves when its database is there. */
export async function startPostgres(options: PostgresOptions): Promise<Server> {
  const { binaries, folder, user, port, report } = options;
  if ((await clusterMajor(folder)) === undefined) await makeCluster(options);
  await clearPidFile(folder, report);
  const server = await startServer({
    name: 'PostgreSQL',
    binary: join(binaries.bin, 'postgres'),
    args: [
      '-D',
      folder,
      '-p',
      String(port),
      ...settings(options.throwaway).flatMap((setting) => ['-c', setting]),
    ],
    cwd: folder,
    user,
    log: join(options.logs, 'postgres.log'),
    // A fast shutdown: sessions are cut, a checkpoint is written.
    stopSignal: 'SIGINT',
    isReady: () => answers(databaseUrl(port, options.password, 'postgres')),
    report,
  });
  try {
    await makeDatabase(port, options.password);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return server;
}

function settings(throwaway: boolean): string[] {
  return [
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'shared_buffers=256MB',
    'max_wal_size=4GB',
    'jit=off',
    ...(throwaway ? ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'] : []),
  ];
}

/** Makes the cluster beside its place and moves it there when it is whole, so that none is ever half made. */
async function makeCluster(options: PostgresOptions): Promise<void> {
  const { binaries, folder, user, password, throwaway, report } = options;
  report(`making a PostgreSQL ${binaries.major} cluster`);
  const unfinished = `${folder}.new`;
  const passwordFile = join(dirname(folder), '.postgres-password');
  await rm(unfinished, { recursive: true, force: true });
  await rm(folder, { recursive: true, force: true });
  await mkdir(unfinished, { mode: 0o700 });
  await writeFile(passwordFile, password, { mode: 0o600 });
  try {
    if (user !== undefined) {
      await chown(unfinished, user.uid, user.gid);
      await chown(passwordFile, user.uid, user.gid);
    }
    const args = ['-D', unfinished, '-U', DATABASE_USER, `--pwfile=${passwordFile}`, '--auth=scram-sha-256'];
    args.push('--encoding=UTF8', '--locale=C', ...(throwaway ? ['--no-sync'] : []));
    await run(join(binaries.bin, 'initdb'), args, { cwd: dirname(folder), user });
  } finally {
    await rm(passwordFile, { force: true });
  }
  await rename(unfinished, folder);
}

/**
 * Deals with the postmaster.pid of a server that did not stop in order. PostgreSQL removes it when its process is gone,
 * but not when the id belongs to another process by now; and a server of ours that still runs is stopped first.
 */
async function clearPidFile(folder: string, report: Report): Promise<void> {
  const pidFile = join(folder, 'postmaster.pid');
  const content = await readFile(pidFile, 'utf8').catch(() => undefined);
  if (content === undefined) return;
  const pid = Number.parseInt(content, 10);
  const command = Number.isInteger(pid) && pid > 0 ? await commandLine(pid) : undefined;
  if (command?.includes(`-D ${folder} `) === true) {
    report('stopping a PostgreSQL that an earlier run left behind');
    await endProcess({ name: 'PostgreSQL', pid, command, stopSignal: 'SIGINT' }, 20_000);
  }
  await rm(pidFile, { force: true });
}

/** Does the server take connections? A refused password is an error, as waiting won't help. */
async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000, ssl: false });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return true;
  } catch (error) {
    if ((error as { code?: string }).code === '28P01')
      throw new Error(
        'the stack\'s database refuses its password: "parcelwise down --remove" lets you start afresh',
        {
          cause: error,
        },
      );
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Creates the database at the first start, and PostGIS in the template so that any database made later has it too. */
async function makeDatabase(port: number, password: string): Promise<void> {
  if (await withClient(port, password, 'postgres', hasDatabase)) return;
  await withClient(port, password, 'template1', (client) =>
    client.query('CREATE EXTENSION IF NOT EXISTS postgis'),
  );
  await withClient(port, password, 'postgres', (client) => client.query(`CREATE DATABASE ${DATABASE_NAME}`));
}

async function hasDatabase(client: pg.Client): Promise<boolean> {
  return (await client.query('SELECT FROM pg_database WHERE datname = $1', [DATABASE_NAME])).rowCount === 1;
}

async function withClient<T>(
  port: number,
  password: string,
  database: string,
  use: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({ connectionString: databaseUrl(port, password, database), ssl: false });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}
