/** The database of made seasons: parcels on a grid, and the catalogue of their scenes. */
import pg from 'pg';
import { VIEWED_CARDS } from '../../campaigns/viewed-cards.js';
import { makeResultsViews } from '../../database/results/results-views.js';
import { createCbmTables } from '../../database/selection/cbm-tables.js';
import { resolveConnection } from '../../database/session/connection.js';
import { openPool } from '../../database/session/pool.js';
import { migrate } from '../../database/session/schema.js';
import type { Servers } from '../product/servers.js';
import { AOI, databaseOf, EXTRA_SCENES, obsidOf, SCENES, tablesOf, YEARS } from './names.js';

/** Square fields of 3.24 ha, two hundred metres from each other, in EPSG:28992. */
const CORNER = { x: 60_000, y: 400_000 };
const STEP_M = 200;
const SIDE_M = 180;
const CROPS = 12;

/** Opens the database; makes it, with parcels and scenes and no rows yet, where there is none. */
export async function openParcels(servers: Servers, parcels: number): Promise<pg.Pool> {
  const name = databaseOf(parcels);
  const isThere = await onServer(servers, async (client) => {
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [name]);
    if (rowCount === 1) return true;
    // A database under its name is whole.
    await client.query(`DROP DATABASE IF EXISTS ${name}_new WITH (FORCE)`);
    await client.query(`CREATE DATABASE ${name}_new`);
    return false;
  });
  if (!isThere) {
    const pool = openPool(connectionTo(servers, `${name}_new`), { max: 2 });
    await pool.query(PARCELS(parcels));
    for (const year of Object.values(YEARS)) await createCbmTables(pool, tablesOf(year));
    await pool.query(AOIS(parcels));
    for (const year of Object.values(YEARS)) await pool.query(CATALOGUE(parcels, year));
    await pool.end();
    await onServer(servers, (client) => client.query(`ALTER DATABASE ${name}_new RENAME TO ${name}`));
  }
  const pool = openPool(connectionTo(servers, name), { max: 2 });
  // It may be older than the schema and the views.
  await migrate(pool);
  for (const year of Object.values(YEARS)) await makeResultsViews(pool, tablesOf(year), VIEWED_CARDS);
  return pool;
}

/** Where a parcel's middle lies, degrees. */
export async function middleOf(
  pool: pg.Pool,
  pid: number,
): Promise<{ readonly lon: number; readonly lat: number }> {
  return (await pool.query<{ lon: number; lat: number }>(MIDDLE, [pid])).rows[0]!;
}

/** `side` fields a row. */
const side = (parcels: number): number => Math.ceil(Math.sqrt(parcels));

const PARCELS = (parcels: number) => `
  CREATE TABLE parcels (ogc_fid integer, crop_name text, crop_code integer, wkb_geometry geometry(Polygon, 28992));
  INSERT INTO parcels
  SELECT i, 'crop ' || crop, crop, ST_MakeEnvelope(x, y, x + ${SIDE_M}, y + ${SIDE_M}, 28992)
  FROM generate_series(1, ${parcels}) AS i, LATERAL (
    SELECT i::bigint * 7919 / 13 % ${CROPS} AS crop, ${CORNER.x} + ${STEP_M} * ((i - 1) % ${side(parcels)}) AS x,
           ${CORNER.y} + ${STEP_M} * ((i - 1) / ${side(parcels)}) AS y) AS field;
  ALTER TABLE parcels ADD PRIMARY KEY (ogc_fid);
  CREATE INDEX ON parcels USING gist (wkb_geometry);
  ANALYZE parcels`;

const OUTLINE = (parcels: number) => {
  const length = STEP_M * side(parcels);
  const { x, y } = CORNER;
  return `ST_Transform(ST_MakeEnvelope(${x - STEP_M}, ${y - STEP_M}, ${x + length}, ${y + length}, 28992), 4326)`;
};

const AOIS = (parcels: number) =>
  `INSERT INTO aois (name, wkb_geometry) VALUES ('${AOI}', ${OUTLINE(parcels)})`;

/** A scene every five days; further ones on the days after the last. */
const CATALOGUE = (parcels: number, year: number) => `
  INSERT INTO dias_catalogue (id, obstime, reference, sensor, card, footprint)
  SELECT ${obsidOf(year, 0)} + i, t, format('S2A_MSIL2A_%sT104031_N0510_R008_T31UFT_%sT140310.SAFE', day, day), '2A', 's2', ${OUTLINE(parcels)}
  FROM generate_series(1, ${SCENES + EXTRA_SCENES}) AS i
  CROSS JOIN LATERAL (SELECT timestamp '${year}-01-01 10:40:31' + 5 * least(i - 1, ${SCENES - 1}) * interval '1 day'
                             + greatest(0, i - ${SCENES}) * interval '1 day' AS t) AS seen
  CROSS JOIN LATERAL (SELECT to_char(t, 'YYYYMMDD') AS day) AS d`;

const MIDDLE = `
  SELECT ST_X(middle) AS lon, ST_Y(middle) AS lat FROM parcels, LATERAL (
    SELECT ST_Transform(ST_Centroid(wkb_geometry), 4326) AS middle) AS p WHERE ogc_fid = $1`;

function connectionTo({ database }: Servers, name: string) {
  return resolveConnection({ database: name }, { DATABASE_URL: database.url });
}

async function onServer<Result>(
  { database }: Servers,
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
