/** One database with CbM's tables, parcels and scenes, and the configuration files that lead to it. */
import { createReadStream, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { createCbmTables } from '../../database/selection/cbm-tables.js';
import { migrate } from '../../database/session/schema.js';
import { type Ground, gridOf, type ParcelSet } from '../ground.js';
import { benchScene, type FileOf, putScenes } from './scenes.js';
import { runCommand, type Setting } from './command.js';
import type { Servers } from './servers.js';

export interface Site extends Setting {
  readonly pool: pg.Pool;
  close(): Promise<void>;
}

export interface SiteOptions extends Pick<Setting, 'checkout'> {
  /** Clear rows are kept too. */
  readonly clear?: boolean;
  /** Arguments of campaigns besides area and period. */
  readonly args?: Readonly<Record<string, unknown>>;
  /** Where the store is reached, in place of the gateway's own endpoint. */
  readonly endpoint?: string;
  readonly fileOf?: FileOf;
}

const TABLES = {
  catalogue: 'dias_catalogue',
  aois: 'aois',
  parcels: 'parcels',
  results: 'sigs',
  hists: 'hists',
};
const CLEAR_TABLE = 'clear_sigs';

/**
 * A fresh database of `parcels` parcels and scenes 1 to `scenes`, and these scenes in the bucket. Parcels are loaded once
 * and copied after that.
 */
export async function openSite(
  servers: Servers,
  folder: string,
  ground: Ground,
  parcels: ParcelSet,
  scenes: number,
  options: SiteOptions = {},
): Promise<Site> {
  const template = `bench_${ground.size}_${parcels}`;
  const name = `${template}_run`;
  await withClient(servers.database.url, async (client) => {
    await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [template]);
    if (rowCount === 0) {
      await makeTemplate(client, servers.database.url, `${template}_new`, ground, parcels);
      await client.query(`ALTER DATABASE ${template}_new RENAME TO ${template}`);
    }
    await client.query(`CREATE DATABASE ${name} TEMPLATE ${template}`);
  });
  putScenes(ground, servers.bucket, scenes, options.fileOf);
  const pool = new pg.Pool({ connectionString: at(servers.database.url, name), max: 2 });
  // Idle connections are cut when the servers stop.
  pool.on('error', () => undefined);
  await enterScenes(pool, ground, scenes);
  if (options.clear) await pool.query(`CREATE TABLE ${CLEAR_TABLE} (LIKE ${TABLES.results})`);
  writeConfig(folder, servers, name, options);
  const { checkout } = options;
  const site = { servers, checkout, folder, pool, close: () => pool.end() };
  if (checkout === undefined) {
    // The copied database may be older than the schema.
    await migrate(pool);
  } else {
    // Another release has another schema of its own.
    await pool.query('DROP SCHEMA parcelwise CASCADE');
    await runCommand(site, ['init', '--no-temporal']);
  }
  return site;
}

async function makeTemplate(
  client: pg.Client,
  url: string,
  name: string,
  ground: Ground,
  parcels: ParcelSet,
): Promise<void> {
  await client.query(`DROP DATABASE IF EXISTS ${name}`);
  await client.query(`CREATE DATABASE ${name}`);
  await withClient(at(url, name), async (database) => {
    await database.query('CREATE TABLE parcels (ogc_fid integer, wkb_geometry geometry(Polygon, 28992))');
    await pipeline(
      createReadStream(join(ground.folder, `parcels-${parcels}.copy`)),
      database.query(copyFrom('COPY parcels FROM STDIN')),
    );
    // As ogr2ogr leaves a table.
    await database.query('ALTER TABLE parcels ADD PRIMARY KEY (ogc_fid)');
    await database.query('CREATE INDEX ON parcels USING gist (wkb_geometry)');
    await database.query('VACUUM ANALYZE parcels');
  });
  const pool = new pg.Pool({ connectionString: at(url, name), max: 1 });
  await migrate(pool);
  await createCbmTables(pool, TABLES);
  await pool.query('CREATE TABLE cbm_sigs (LIKE sigs); CREATE TABLE cbm_hists (LIKE hists)');
  await pool.end();
}

/** The tile's outline is the footprint of every scene, and the area of interest. */
async function enterScenes(pool: pg.Pool, ground: Ground, scenes: number): Promise<void> {
  const { originX, originY, width, height, stepX, stepY, epsg } = gridOf(ground, 10);
  const outline = `ST_Transform(ST_MakeEnvelope(${originX}, ${originY + height * stepY}, ${originX + width * stepX}, ${originY}, ${epsg}), 4326)`;
  await pool.query(`INSERT INTO aois (name, wkb_geometry) VALUES ('tile', ${outline})`);
  for (let obsid = 1; obsid <= scenes; obsid++) {
    const { reference, obstime } = benchScene(obsid);
    await pool.query(
      `INSERT INTO dias_catalogue (id, obstime, reference, sensor, card, footprint) VALUES ($1, $2, $3, '2A', 's2', ${outline})`,
      [obsid, obstime, reference],
    );
  }
}

function writeConfig(
  folder: string,
  { database, s3 }: Servers,
  dbname: string,
  { clear = false, args: more, endpoint = s3.endpoint }: SiteOptions,
): void {
  mkdirSync(folder, { recursive: true });
  const { hostname, port, username, password } = new URL(database.url);
  const connection = { host: hostname, port: Number(port), dbname, dbuser: username, dbpasswd: password };
  const tables = {
    aoi_table: TABLES.aois,
    parcel_table: TABLES.parcels,
    results_table: TABLES.results,
    hists_table: TABLES.hists,
    catalogue_table: TABLES.catalogue,
    ...(clear && { clear_table: CLEAR_TABLE }),
  };
  const args = { aoi_field: 'name', name: 'tile', startdate: '2020-01-01', enddate: '2021-01-01', ...more };
  const files = {
    'db_config.json': { database: { connection, tables, args } },
    's3_config.json': {
      s3: {
        access_key: s3.accessKey,
        secret_key: s3.secretKey,
        host: endpoint,
        bucket: s3.bucket,
        region: s3.region,
      },
    },
  };
  for (const [name, content] of Object.entries(files))
    writeFileSync(join(folder, name), JSON.stringify(content), { mode: 0o600 });
}

function at(url: string, database: string): string {
  const other = new URL(url);
  other.pathname = `/${database}`;
  return other.href;
}

async function withClient(url: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
