/** parcelwise's own schema: created and brought up to date by numbered migrations, each applied once. */
import type pg from 'pg';
import { takeLock } from './advisory-locks.js';
import { DatabaseSetupError, errorCode } from './errors.js';
import { extractions } from './migrations/0001-extractions.js';
import { transform } from './migrations/0002-transform.js';
import { proof } from './migrations/0003-proof.js';
import { products } from './migrations/0004-products.js';
import { supersession } from './migrations/0005-supersession.js';
import { quotas } from './migrations/0006-quotas.js';
import { parcelSets } from './migrations/0007-parcel-sets.js';
import { identity } from './migrations/0008-identity.js';
import { clearLayers } from './migrations/0009-clear-layers.js';
import { orbits } from './migrations/0010-orbits.js';
import { toldApart } from './migrations/0011-told-apart.js';
import { innerBuffers } from './migrations/0012-inner-buffers.js';
import { addedLayers } from './migrations/0013-added-layers.js';
import { filledLayers } from './migrations/0014-filled-layers.js';
import { inTransaction, query } from './session.js';
import type { Database } from './session.js';

export interface Migration {
  readonly id: number;
  readonly name: string;
  readonly sql: string;
}

/** In order, never changed once released: a later migration mends an earlier one. */
const MIGRATIONS: readonly Migration[] = [
  extractions,
  transform,
  proof,
  products,
  supersession,
  quotas,
  parcelSets,
  identity,
  clearLayers,
  orbits,
  toldApart,
  innerBuffers,
  addedLayers,
  filledLayers,
];

const NEWEST = MIGRATIONS.at(-1)?.id ?? 0;

/**
 * A role named parcelwise has our schema first on its search path ("$user"), and what belongs to everybody would be made
 * in it. Until the transaction ends it is off the path.
 */
export const KEEP_SCHEMA_ASIDE = `
  SELECT set_config('search_path', coalesce(string_agg(quote_ident(schema), ', ' ORDER BY rank), 'public'), true)
  FROM unnest(current_schemas(false)) WITH ORDINALITY AS path (schema, rank) WHERE schema <> 'parcelwise'`;

/** Absent tables are told apart here, since a missing schema must not abort the transaction. */
const EXISTS = `SELECT to_regclass('parcelwise.migration') IS NOT NULL AS exists`;

const VERSION = 'SELECT coalesce(max(id), 0) AS version FROM parcelwise.migration';

const FOUNDATION = `
  CREATE SCHEMA IF NOT EXISTS parcelwise;
  CREATE TABLE IF NOT EXISTS parcelwise.migration (
    id integer PRIMARY KEY,
    name text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
  )`;

const RECORD = 'INSERT INTO parcelwise.migration (id, name) VALUES ($1, $2)';

const HAS_POSTGIS = `SELECT count(*)::int AS count FROM pg_extension WHERE extname = 'postgis'`;

/** The number of the newest migration applied, 0 where there is no schema yet. */
export async function schemaVersion(database: Database): Promise<number> {
  const [found] = await query<{ exists: boolean }>(database, EXISTS);
  if (found?.exists !== true) return 0;
  const [row] = await query<{ version: number }>(database, VERSION);
  return row?.version ?? 0;
}

/**
 * Brings the schema up to date and says which migrations were applied. Any number of workers may call it at once. Where
 * nothing is missing it only reads, so that a role without the right to create things can run campaigns.
 * @throws DatabaseSetupError when the role lacks that right and something is missing, or the database is newer than we are.
 */
export async function migrate(pool: pg.Pool): Promise<string[]> {
  if (upToDate(await schemaVersion(pool))) return [];
  try {
    return await inTransaction(pool, async (client) => {
      await client.query(takeLock('setUp'));
      await client.query(KEEP_SCHEMA_ASIDE);
      await createPostgis(client);
      await client.query(FOUNDATION);
      const version = await schemaVersion(client);
      const due = MIGRATIONS.filter((migration) => migration.id > version);
      for (const { id, name, sql } of due) {
        await client.query(sql);
        await client.query(RECORD, [id, name]);
      }
      return due.map(({ name }) => name);
    });
  } catch (error) {
    throw explainRights(error, 'create the schema parcelwise');
  }
}

/**
 * A campaign's own check, which creates nothing.
 * @throws DatabaseSetupError when `migrate` has work to do.
 */
export async function requireSchema(database: Database): Promise<void> {
  if (upToDate(await schemaVersion(database))) return;
  throw new DatabaseSetupError('the schema parcelwise is missing or out of date', 'Run parcelwise init');
}

/** Creating an extension takes rights even where it exists, so look first. */
export async function createPostgis(client: pg.ClientBase): Promise<void> {
  const [found] = await query<{ count: number }>(client, HAS_POSTGIS);
  if (found?.count === 0) await client.query('CREATE EXTENSION IF NOT EXISTS postgis');
}

/** Puts a remedy to PostgreSQL's refusals of CREATE; other errors come back as they are. */
export function explainRights(error: unknown, purpose: string): unknown {
  switch (errorCode(error)) {
    case '42501':
      return new DatabaseSetupError(
        `this database role may not ${purpose}`,
        'Run parcelwise init once as the owner of the database',
        { cause: error },
      );
    case '0A000':
    case '58P01':
      return new DatabaseSetupError(
        "PostGIS is not installed on the database server's machine",
        'Install its package there',
        {
          cause: error,
        },
      );
    case undefined:
    default:
      return error;
  }
}

function upToDate(version: number): boolean {
  if (version > NEWEST) {
    throw new DatabaseSetupError(
      `the schema parcelwise is at version ${version}, this program knows ${NEWEST}`,
      'Use a newer parcelwise',
    );
  }
  return version === NEWEST;
}
