/** Brings the season into the database: its scenes as `ingested`, its AOI, and its parcels as ogr2ogr would write them. */
import type pg from 'pg';
import { createCbmTables } from '../../database/selection/cbm-tables.js';
import { findTable, nameForCreation, requireTable } from '../../database/session/identifier.js';
import { createPostgis, migrate } from '../../database/session/schema.js';
import { execute, inTransaction, query } from '../../database/session/session.js';
import type { Tables } from '../../database/terms.js';
import { RD_NEW, UTM_31N } from './area.js';
import { CROPS } from './crops.js';
import { wkb } from './wkb.js';
import type { World } from './world.js';

/** Stands as comment on the parcel table, and says that it and the tables of its campaigns are the demo's to empty. */
const MARK = 'made up by the demo of parcelwise';

const CREATE_PARCELS = (table: string) => `
  CREATE TABLE ${table} (
    ogc_fid serial PRIMARY KEY,
    wkb_geometry geometry(Geometry, ${RD_NEW}),
    crop varchar,
    crop_group varchar,
    remark varchar
  );
  CREATE INDEX ON ${table} USING gist (wkb_geometry);
  COMMENT ON TABLE ${table} IS '${MARK}'`;

const INSERT_PARCELS = (table: string) => `
  INSERT INTO ${table} (wkb_geometry, crop, crop_group, remark)
  SELECT ST_Transform(ST_GeomFromWKB(shape, ${UTM_31N}), ${RD_NEW}), crop, crop_group, remark
  FROM unnest($1::int[], $2::bytea[], $3::text[], $4::text[], $5::text[]) AS p (fid, shape, crop, crop_group, remark)
  ORDER BY fid`;

const INSERT_SCENES = (table: string) => `
  INSERT INTO ${table} (obstime, reference, sensor, card, status, footprint)
  SELECT obstime::timestamp, reference, sensor, card, 'ingested', ST_GeomFromWKB(footprint, 4326)
  FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bytea[])
    WITH ORDINALITY AS s (obstime, reference, sensor, card, footprint, place)
  ORDER BY place`;

const INSERT_AOI = (table: string) =>
  `INSERT INTO ${table} (name, wkb_geometry) VALUES ($1, ST_GeomFromWKB($2, 4326))`;

/** What is kept of the scenes of this catalogue is forgotten with their rows; plans and ledgers go with extractions. */
const FORGET_EXTRACTIONS = 'DELETE FROM parcelwise.extraction WHERE catalogue_table = $1';
const FORGET_PRODUCTS = 'DELETE FROM parcelwise.product WHERE catalogue_table = $1';

/**
 * Sets the tables of the demo's campaigns to the start of the season, whatever they held: catalogue ids begin at 1, every
 * scene is `ingested`, results are empty. Tables that are missing are made, our schema too. The campaigns share one
 * catalogue, one AOI table and one parcel table.
 * @throws Error when a table holds rows that are not the demo's.
 */
export async function loadSeason(pool: pg.Pool, season: World, campaigns: readonly Tables[]): Promise<void> {
  await refuseForeignRows(pool, campaigns);
  await makeParcels(pool, season, campaigns[0]!.parcels);
  for (const tables of campaigns) await createCbmTables(pool, tables);
  await migrate(pool);
  await inTransaction(pool, async (client) => {
    const keys: string[] = [];
    for (const name of emptied(campaigns)) keys.push(await keyOf(client, name));
    await client.query(`TRUNCATE ${keys.join(', ')} RESTART IDENTITY`);
    const catalogue = await keyOf(client, campaigns[0]!.catalogue);
    await execute(client, FORGET_EXTRACTIONS, [catalogue]);
    await execute(client, FORGET_PRODUCTS, [catalogue]);
    await insertScenes(client, season, catalogue);
    const aois = await keyOf(client, campaigns[0]!.aois);
    await execute(client, INSERT_AOI(aois), [season.aoi.name, wkb([[season.aoi.ring]])]);
    // The planner must know the new rows before the campaign's first query.
    await client.query(`ANALYZE ${catalogue}, ${await keyOf(client, campaigns[0]!.parcels)}`);
  });
}

async function refuseForeignRows(pool: pg.Pool, campaigns: readonly Tables[]): Promise<void> {
  const parcels = await findTable(pool, campaigns[0]!.parcels);
  if (parcels) {
    const [row] = await query<{ comment: string | null }>(
      pool,
      `SELECT obj_description($1::oid, 'pg_class') AS comment`,
      [parcels.oid],
    );
    if (row?.comment === MARK) return;
  }
  for (const name of [campaigns[0]!.parcels, ...emptied(campaigns)]) {
    const table = await findTable(pool, name);
    if (!table) continue;
    const rows = await query(pool, `SELECT FROM ${table.key} LIMIT 1`);
    if (rows.length === 0) continue;
    throw new Error(
      `table ${name} holds rows that are not the demo's; nothing was changed. Give the demo a database of its own.`,
    );
  }
}

async function makeParcels(pool: pg.Pool, { parcels }: World, name: string): Promise<void> {
  await inTransaction(pool, async (client) => {
    await createPostgis(client);
    const earlier = await findTable(client, name);
    if (earlier) await client.query(`DROP TABLE ${earlier.key}`);
    const { schema, sql: table } = nameForCreation(name, client.escapeIdentifier.bind(client));
    if (schema !== undefined) await client.query(`CREATE SCHEMA IF NOT EXISTS ${schema}`);
    await client.query(CREATE_PARCELS(table));
    await execute(client, INSERT_PARCELS(table), [
      parcels.map(({ fid }) => fid),
      parcels.map(({ parts }) => parts && wkb(parts)),
      parcels.map(({ crop }) => crop),
      parcels.map(({ crop }) => CROPS[crop].group),
      parcels.map(({ remark }) => remark),
    ]);
  });
}

/** Enters further scenes of the season as `ingested`, as a sync would. */
export async function addScenes(
  pool: pg.Pool,
  scenes: World['scenes'],
  { catalogue }: Pick<Tables, 'catalogue'>,
): Promise<void> {
  await inTransaction(pool, async (client) => {
    await insertScenes(client, { scenes }, await keyOf(client, catalogue));
  });
}

async function insertScenes(
  client: pg.ClientBase,
  { scenes }: Pick<World, 'scenes'>,
  table: string,
): Promise<void> {
  await execute(client, INSERT_SCENES(table), [
    scenes.map(({ obstime }) => obstime),
    scenes.map(({ reference }) => reference),
    scenes.map(({ sensor }) => sensor),
    scenes.map(({ card }) => card),
    scenes.map(({ footprint }) => wkb([[footprint]])),
  ]);
}

/** All tables but the parcels, each once. */
function emptied(campaigns: readonly Tables[]): string[] {
  const names = campaigns.flatMap(({ catalogue, aois, results, hists, clear }) => [
    catalogue,
    aois,
    results,
    hists,
    clear,
  ]);
  return [...new Set(names.filter((name) => name !== undefined))];
}

async function keyOf(client: pg.ClientBase, name: string): Promise<string> {
  return (await requireTable(client, name, 'demo')).key;
}
