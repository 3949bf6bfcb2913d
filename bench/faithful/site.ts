/** A database and a bucket with one case in them, and the configuration files that lead there. */
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { createCbmTables } from '../../database/selection/cbm-tables.js';
import { migrate } from '../../database/session/schema.js';
import { asJson, connectionOf, dbConfig, s3Config } from '../../demo/config-files.js';
import type { Servers } from '../product/servers.js';
import type { Site } from '../product/site.js';
import { type Case, TABLES } from './cases.js';

const DATABASE = 'bench_faithful';

/** @param folder gets db_config.json, s3_config.json and scratch files. */
export async function openCase(servers: Servers, folder: string, one: Case): Promise<Site> {
  const url = new URL(servers.database.url);
  const admin = new pg.Client({ connectionString: url.href });
  await admin.connect();
  await admin.query(`DROP DATABASE IF EXISTS ${DATABASE} WITH (FORCE)`);
  await admin.query(`CREATE DATABASE ${DATABASE}`);
  await admin.end();
  url.pathname = `/${DATABASE}`;
  const pool = new pg.Pool({ connectionString: url.href, max: 2 });
  // Idle connections are cut when the servers stop.
  pool.on('error', () => undefined);
  await pool.query('CREATE EXTENSION IF NOT EXISTS postgis');
  await one.load(pool);
  await createCbmTables(pool, TABLES);
  await migrate(pool);
  await pool.query('CREATE TABLE cbm_sigs (LIKE sigs); CREATE TABLE cbm_hists (LIKE hists)');
  fillBucket(servers.bucket, one);
  mkdirSync(folder, { recursive: true });
  const config = dbConfig(connectionOf({ url: url.href }), TABLES, { aoi: one.aoi, ...one.period });
  writeFileSync(join(folder, 'db_config.json'), asJson(config), { mode: 0o600 });
  writeFileSync(join(folder, 's3_config.json'), asJson(s3Config(servers.s3)), { mode: 0o600 });
  return { servers, folder, pool, close: () => pool.end() };
}

/** The case's objects and no others. */
function fillBucket(bucket: string, one: Case): void {
  for (const name of ['Sentinel-1', 'Sentinel-2'])
    rmSync(join(bucket, name), { recursive: true, force: true });
  cpSync(join(one.folder, 'eodata'), bucket, { recursive: true });
}
