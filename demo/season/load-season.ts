/** Brings the season into the database: its scenes as `ingested`, its AOI, and its parcels as ogr2ogr would write them. */
import pg from 'pg';
import { RD_NEW, UTM_31N } from './area.js';
import { CROPS } from './crops.js';
import { wkb } from './wkb.js';
import type { World } from './world.js';

/** The demo's tables, `table` or `schema.table`. They must be empty, missing or of an earlier demo: nothing else is touched. */
export interface SeasonTables {
  readonly catalogue: string;
  readonly aois: string;
  readonly parcels: string;
  /** All results and histogram tables of the demo's campaigns; they are emptied. */
  readonly results: readonly string[];
}

/** Stands as comment on the parcel table, and says that all these tables are the demo's to empty. */
const MARK = 'made up by the demo of parcelwise';

const CREATE_PARCELS = (table: string) => `
  CREATE TABLE ${table} (
    ogc_fid serial PRIMARY KEY,
    wkb_geometry geometry(Geometry, ${RD_NEW}),
    crop varchar,
    crop_group varchar,
    remark varchar
  )`;

const INSERT_PARCELS = (table: string) => `
  INSERT INTO ${table} (ogc_fid, wkb_geometry, crop, crop_group, remark)
  SELECT fid, ST_Transform(ST_GeomFromWKB(shape, ${UTM_31N}), ${RD_NEW}), crop, crop_group, remark
  FROM unnest($1::int[], $2::bytea[], $3::text[], $4::text[], $5::text[]) AS p (fid, shape, crop, crop_group, remark)
  ORDER BY fid`;

const INSERT_SCENES = (table: string) => `
  INSERT INTO ${table} (obstime, reference, sensor, card, status, footprint)
  SELECT obstime::timestamp, reference, sensor, card, 'ingested', ST_GeomFromWKB(footprint, 4326)
  FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bytea[])
    WITH ORDINALITY AS s (obstime, reference, sensor, card, footprint, place)
  ORDER BY place`;

/** What earlier campaigns over this catalogue did is forgotten with their rows. */
const FORGET_EXTRACTIONS =
  'DELETE FROM parcelwise.extraction WHERE to_regclass(catalogue_table) = to_regclass($1)';

/**
 * Sets the demo's tables to the start of the season, whatever they held: catalogue ids begin at 1, every scene is
 * `ingested`, results are empty. CbM's tables must exist.
 * @throws Error when one of the tables holds rows that are not the demo's, or does not exist.
 */
export async function loadSeason(pool: pg.Pool, season: World, tables: SeasonTables): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    await refuseForeignRows(client, tables);
    await client.query(`DROP TABLE IF EXISTS ${quoted(tables.parcels)}`);
    await insertParcels(client, season, quoted(tables.parcels));
    const emptied = [tables.catalogue, tables.aois, ...tables.results];
    await client.query(`TRUNCATE ${emptied.map(quoted).join(', ')} RESTART IDENTITY`);
    await insertScenes(client, season, quoted(tables.catalogue));
    await client.query(
      `INSERT INTO ${quoted(tables.aois)} (name, wkb_geometry) VALUES ($1, ST_GeomFromWKB($2, 4326))`,
      [season.aoi.name, wkb([[season.aoi.ring]])],
    );
    if (await exists(client, 'parcelwise.extraction')) {
      await client.query(FORGET_EXTRACTIONS, [quoted(tables.catalogue)]);
    }
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  } finally {
    client.release();
  }
  // Outside the transaction, so that the planner knows the new rows before the campaign's first query.
  await pool.query(`ANALYZE ${quoted(tables.parcels)}, ${quoted(tables.catalogue)}`);
}

async function refuseForeignRows(client: pg.PoolClient, tables: SeasonTables): Promise<void> {
  const mark = await client.query<{ comment: string | null }>(
    `SELECT obj_description(to_regclass($1), 'pg_class') AS comment`,
    [quoted(tables.parcels)],
  );
  if (mark.rows[0]?.comment === MARK) return;
  for (const table of [tables.parcels, tables.catalogue, tables.aois, ...tables.results]) {
    if (!(await exists(client, quoted(table)))) continue;
    const rows = await client.query(`SELECT FROM ${quoted(table)} LIMIT 1`);
    if (rows.rowCount === 0) continue;
    throw new Error(
      `table ${table} holds rows that are not the demo's; nothing was changed. Give the demo a database of its own.`,
    );
  }
}

async function insertParcels(client: pg.PoolClient, { parcels }: World, table: string): Promise<void> {
  await client.query(CREATE_PARCELS(table));
  await client.query(INSERT_PARCELS(table), [
    parcels.map(({ fid }) => fid),
    parcels.map(({ parts }) => parts && wkb(parts)),
    parcels.map(({ crop }) => crop),
    parcels.map(({ crop }) => CROPS[crop].group),
    parcels.map(({ remark }) => remark),
  ]);
  await client.query(`SELECT setval(pg_get_serial_sequence($1, 'ogc_fid'), $2)`, [table, parcels.length]);
  await client.query(`CREATE INDEX ON ${table} USING gist (wkb_geometry)`);
  await client.query(`COMMENT ON TABLE ${table} IS '${MARK}'`);
}

async function insertScenes(client: pg.PoolClient, { scenes }: World, table: string): Promise<void> {
  await client.query(INSERT_SCENES(table), [
    scenes.map(({ obstime }) => obstime),
    scenes.map(({ reference }) => reference),
    scenes.map(({ sensor }) => sensor),
    scenes.map(({ card }) => card),
    scenes.map(({ footprint }) => wkb([[footprint]])),
  ]);
}

async function exists(client: pg.PoolClient, table: string): Promise<boolean> {
  const found = await client.query<{ there: boolean }>('SELECT to_regclass($1) IS NOT NULL AS there', [
    table,
  ]);
  return found.rows[0]?.there === true;
}

/** `schema.table` in SQL's quotes. The demo's names have no dots of their own. */
function quoted(table: string): string {
  return table
    .split('.')
    .map((part) => pg.escapeIdentifier(part))
    .join('.');
}
