/**
 * A throw-away database for a test file, on the server that PARCELWISE_TEST_PG names (a postgres:// URL of a superuser;
 * test/run.ts starts one). It is copied from a template with PostGIS, which the first test of a server makes.
 */
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import type { Connection } from '../../database/session/connection.js';
import { resolveConnection } from '../../database/session/connection.js';
import { openPool } from '../../database/session/pool.js';

const TEMPLATE = 'parcelwise_template';

export const serverUrl = process.env.PARCELWISE_TEST_PG;

/** For `describe`: skips where there is no server, and says so. */
export const skipWithoutServer = serverUrl === undefined ? 'PARCELWISE_TEST_PG is not set' : false;

export interface TestDatabase {
  readonly name: string;
  readonly connection: Connection;
  readonly pool: pg.Pool;
  /** Ends the pool and drops the database, whoever is still connected to it. */
  drop(): Promise<void>;
}

/** A new database with PostGIS in it and nothing else. */
export async function createDatabase(): Promise<TestDatabase> {
  const name = `parcelwise_${randomBytes(6).toString('hex')}`;
  await onServer('postgres', async (client) => {
    await client.query('SELECT pg_advisory_lock(7270499)');
    await makeTemplate(client);
    await client.query(`CREATE DATABASE ${name} TEMPLATE ${TEMPLATE}`);
  });
  const connection = connectionTo(name);
  const pool = openPool(connection, { max: 30 });
  return {
    name,
    connection,
    pool,
    drop: async () => {
      await pool.end();
      await onServer('postgres', (client) => client.query(`DROP DATABASE ${name} WITH (FORCE)`));
    },
  };
}

async function makeTemplate(client: pg.Client): Promise<void> {
  const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1 AND datistemplate', [
    TEMPLATE,
  ]);
  if (rowCount === 1) return;
  // One that is not marked as finished was cut short.
  await client.query(`DROP DATABASE IF EXISTS ${TEMPLATE} WITH (FORCE)`);
  await client.query(`CREATE DATABASE ${TEMPLATE}`);
  await onServer(TEMPLATE, (inside) => inside.query('CREATE EXTENSION IF NOT EXISTS postgis'));
  await client.query(`ALTER DATABASE ${TEMPLATE} IS_TEMPLATE true ALLOW_CONNECTIONS false`);
}

function connectionTo(database: string): Connection {
  if (serverUrl === undefined) throw new Error('PARCELWISE_TEST_PG is not set');
  return resolveConnection({ database }, { DATABASE_URL: serverUrl });
}

async function onServer(database: string, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ ...connectionTo(database) });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
