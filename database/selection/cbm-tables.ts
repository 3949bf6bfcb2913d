/** CbM's tables where they are missing, exactly as CbM's own tools make them, and that of clear rows, like the results table. What exists is never altered. */
import type pg from 'pg';
import { takeLock } from '../session/advisory-locks.js';
import { STATISTIC_COLUMNS } from '../results/statistic-columns.js';
import { findTable, nameForCreation, requireTable } from '../session/identifier.js';
import { createPostgis, explainRights, KEEP_SCHEMA_ASIDE } from '../session/schema.js';
import { inTransaction } from '../session/session.js';
import type { Tables } from '../terms.js';

const CATALOGUE = (table: string) => `
  CREATE TABLE ${table} (
    id serial PRIMARY KEY,
    obstime timestamp without time zone NOT NULL,
    reference varchar(120) NOT NULL UNIQUE,
    sensor char(2) NOT NULL,
    card char(2) NOT NULL,
    status varchar(24) NOT NULL DEFAULT 'ingested',
    footprint geometry(Polygon, 4326)
  );
  CREATE INDEX ON ${table} USING gist (footprint)`;

const AOIS = (table: string, field: string) =>
  `CREATE TABLE ${table} (${field} text, wkb_geometry geometry(Geometry, 4326))`;

/** No index: it would halve the speed of COPY. CbM's tools index the table after the campaign. */
const RESULTS = (table: string) => `
  CREATE TABLE ${table} (
    pid integer, obsid integer, band char(3),
    ${STATISTIC_COLUMNS.map((column) => `${column} real`).join(', ')}
  )`;

const HISTS = (table: string) => `CREATE TABLE ${table} (pid integer, obsid integer, hist json)`;

/**
 * Creates PostGIS's extension and those of CbM's tables that are missing, and returns their names as configured.
 * @throws DatabaseSetupError when there is no parcel table (nothing could be put in it), or the role may not create.
 */
export async function createCbmTables(pool: pg.Pool, tables: Tables, aoiField = 'name'): Promise<string[]> {
  const created = await createMissing(pool, tables, aoiField).catch((error: unknown) => {
    throw explainRights(error, 'create the tables that are missing');
  });
  await requireTable(pool, tables.parcels, 'parcel_table');
  return created;
}

function createMissing(pool: pg.Pool, tables: Tables, aoiField: string): Promise<string[]> {
  return inTransaction(pool, async (client) => {
    await client.query(takeLock('setUp'));
    const escape = client.escapeIdentifier.bind(client);
    const wanted: [name: string | undefined, statement: (table: string) => string][] = [
      [tables.catalogue, CATALOGUE],
      [tables.aois, (table) => AOIS(table, escape(aoiField))],
      [tables.results, RESULTS],
      [tables.hists, HISTS],
      [tables.clear, RESULTS],
    ];
    const missing: [name: string, statement: (table: string) => string][] = [];
    for (const [name, statement] of wanted) {
      if (name !== undefined && (await findTable(client, name)) === undefined)
        missing.push([name, statement]);
    }
    await client.query(KEEP_SCHEMA_ASIDE);
    await createPostgis(client);
    for (const [name, statement] of missing) {
      const { schema, sql } = nameForCreation(name, escape);
      if (schema !== undefined) await client.query(`CREATE SCHEMA IF NOT EXISTS ${schema}`);
      await client.query(statement(sql));
    }
    return missing.map(([name]) => name);
  });
}
