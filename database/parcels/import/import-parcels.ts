/**
 * Takes an imported table over as the parcel table: ids, geometry and indexes as campaigns want them. Parcels are loaded
 * into a table beside it first, so that the old one stays as it is until the new one is complete.
 */
import { createHash } from 'node:crypto';
import type pg from 'pg';
import { TRY_IMPORT_LOCK } from '../../session/advisory-locks.js';
import { Columns } from '../../session/columns.js';
import { DatabaseSetupError, errorCode } from '../../session/errors.js';
import { findTable, nameForCreation, parseName } from '../../session/identifier.js';
import { execute, inTransaction, query } from '../../session/session.js';
import type { Database } from '../../session/session.js';
import type { Table } from '../../terms.js';

/** Where parcels are loaded: a schema that exists, and a table of which nobody else knows. */
export interface Landing {
  readonly schema: string;
  readonly table: string;
}

/** Column that ogr2ogr numbers the features in; whether that becomes `ogc_fid` is decided later. */
export const FEATURE_ID = 'parcelwise_feature';

const CURRENT_SCHEMA = `SELECT coalesce(current_schema(), 'public') AS schema`;

/**
 * Lends a landing to `work`, and removes it afterwards. Of two imports into one table the second is refused.
 * @throws DatabaseSetupError where the table exists and must not be replaced, or another import into it runs.
 */
export function withLanding<T>(
  pool: pg.Pool,
  name: string,
  { replace }: { readonly replace: boolean },
  work: (landing: Landing) => Promise<T>,
): Promise<T> {
  // This transaction holds the lock and nothing else; all the rest must be there for others to see.
  const keepLock = async (client: pg.ClientBase): Promise<T> => {
    const { schema } = parseName(name);
    const [current] = await query<{ schema: string }>(client, CURRENT_SCHEMA);
    const escape = client.escapeIdentifier.bind(client);
    const wanted = nameForCreation(name, escape);
    await requireFree(pool, name, replace);
    if (wanted.schema !== undefined) await execute(pool, `CREATE SCHEMA IF NOT EXISTS ${wanted.schema}`);
    const digest = createHash('sha256').update(wanted.sql).digest('hex').slice(0, 12);
    const landing = {
      schema: schema === undefined ? (current?.schema ?? 'public') : unquoted(wanted.schema ?? ''),
      table: `parcelwise_import_${digest}`,
    };
    const [lock] = await query<{ held: boolean }>(client, TRY_IMPORT_LOCK, [landing.table]);
    if (lock?.held !== true)
      throw new DatabaseSetupError(`another import into ${name} runs`, 'Wait for it to end');
    const drop = `DROP TABLE IF EXISTS ${escape(landing.schema)}.${escape(landing.table)}`;
    try {
      // What an import that was killed has left.
      await execute(pool, drop);
      return await work(landing);
    } finally {
      await execute(pool, drop).catch(() => undefined);
    }
  };
  return inTransaction(pool, keepLock, { idle: true });
}

/** @throws DatabaseSetupError where there is such a table already. */
async function requireFree(database: Database, name: string, replace: boolean): Promise<Table | undefined> {
  const found = await findTable(database, name);
  if (found === undefined || replace) return found;
  throw new DatabaseSetupError(`there is a table ${found.key} already`, 'Give another name, or --replace it');
}

export interface Adoption {
  readonly replace: boolean;
  /** The column of the parcels' numbers; undefined takes a column ogc_fid where there is one, else numbers them anew. */
  readonly idField: string | undefined;
}

/**
 * Turns the landed table into the parcel table, in one transaction.
 * @throws DatabaseSetupError where the ids are no integers, are missing or are borne twice.
 */
export async function adoptParcels(
  pool: pg.Pool,
  name: string,
  landing: Landing,
  { replace, idField }: Adoption,
): Promise<Table> {
  await inTransaction(pool, async (client) => {
    const escape = client.escapeIdentifier.bind(client);
    const landed = `${escape(landing.schema)}.${escape(landing.table)}`;
    const table = await findTable(client, `"${landing.schema.replaceAll('"', '""')}"."${landing.table}"`);
    if (table === undefined)
      throw new DatabaseSetupError('nothing was imported', 'Look whether the file has a layer');
    await numberParcels(client, landed, await Columns.of(client, table), idField);
    const old = await requireFree(client, name, replace);
    if (old !== undefined) await dropOld(client, old);
    await client.query(`ALTER TABLE ${landed} RENAME TO ${escape(tableName(name, escape))}`);
    await renameRest(client, landing, tableName(name, escape));
    const { sql } = nameForCreation(name, escape);
    await client.query(`CREATE INDEX ON ${sql} USING gist (wkb_geometry)`);
  });
  const adopted = await findTable(pool, name);
  if (adopted === undefined) throw new Error(`${name} is gone again`);
  await execute(pool, `ANALYZE ${adopted.key}`);
  return adopted;
}

/** Indexes and sequences that bear the landing's name, and the names they would have if the table had been made so. */
const NAMED_AFTER = `
  SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS key, c.relkind AS kind, wanted AS name
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  CROSS JOIN LATERAL left(replace(replace(c.relname, $2, $3), '${FEATURE_ID}', 'ogc_fid'), 63) AS wanted
  WHERE n.nspname = $1 AND c.relkind IN ('i', 'S') AND starts_with(c.relname, $2)
    AND NOT EXISTS (SELECT FROM pg_class other WHERE other.relnamespace = n.oid AND other.relname = wanted)`;

async function renameRest(client: pg.ClientBase, { schema, table }: Landing, name: string): Promise<void> {
  const rest = await query<{ key: string; kind: string; name: string }>(client, NAMED_AFTER, [
    schema,
    table,
    name,
  ]);
  for (const { key, kind, name: wanted } of rest) {
    const what = kind === 'S' ? 'SEQUENCE' : 'INDEX';
    await client.query(`ALTER ${what} ${key} RENAME TO ${client.escapeIdentifier(wanted)}`);
  }
}

async function numberParcels(
  client: pg.ClientBase,
  landed: string,
  columns: Columns,
  idField: string | undefined,
): Promise<void> {
  const wanted = idField ?? 'ogc_fid';
  const found = columns.find(wanted);
  // The file's own feature ids were kept where nothing else bears the name.
  const own = found === undefined && (idField === undefined || /^(fid|ogc_fid)$/i.test(wanted));
  if (found === undefined && !own) {
    const names = columns.names().filter((name) => name !== FEATURE_ID);
    throw new DatabaseSetupError(
      `the file has no column ${wanted} (it has ${names.join(', ')})`,
      'Name another one by --id-field, or leave it out to have the parcels numbered',
    );
  }
  if (found !== undefined) {
    await requireNumbers(client, landed, found.sql, wanted);
    await client.query(`ALTER TABLE ${landed} DROP COLUMN ${FEATURE_ID}`);
    const taken = columns.find('ogc_fid');
    if (taken !== undefined && taken.name !== found.name)
      await client.query(`ALTER TABLE ${landed} RENAME COLUMN ${taken.sql} TO ogc_fid_of_file`);
    await client.query(
      `ALTER TABLE ${landed} ALTER COLUMN ${found.sql} TYPE integer USING ${found.sql}::text::numeric::integer`,
    );
    if (found.name !== 'ogc_fid')
      await client.query(`ALTER TABLE ${landed} RENAME COLUMN ${found.sql} TO ogc_fid`);
    await client.query(`ALTER TABLE ${landed} ADD PRIMARY KEY (ogc_fid)`);
  } else {
    await client.query(`ALTER TABLE ${landed} RENAME COLUMN ${FEATURE_ID} TO ogc_fid`);
  }
}

/** What can't be an `ogc_fid`, and what stands twice. */
const WRONG_NUMBERS = (landed: string, column: string) => `
  SELECT coalesce(value, 'NULL') AS value, count(*)::int AS count
  FROM (SELECT ${column}::text AS value FROM ${landed}) AS ids GROUP BY 1, ids.value
  HAVING count(*) > 1 OR ids.value IS NULL OR ids.value !~ '^-?[0-9]{1,10}(\\.0*)?$' OR ids.value::numeric NOT BETWEEN -2147483648 AND 2147483647
  ORDER BY 1 LIMIT 5`;

async function requireNumbers(
  client: pg.ClientBase,
  landed: string,
  column: string,
  name: string,
): Promise<void> {
  const wrong = await query<{ value: string; count: number }>(client, WRONG_NUMBERS(landed, column));
  if (wrong.length === 0) return;
  const values = wrong.map(({ value, count }) => (count > 1 ? `${value} (${count} times)` : value));
  throw new DatabaseSetupError(
    `column ${name} does not number the parcels: ${values.join(', ')}`,
    'Every parcel needs an integer of its own; name another column by --id-field, or leave it out',
  );
}

/** Dependent objects are somebody else's, and are never dropped with it. */
async function dropOld(client: pg.ClientBase, { key }: Table): Promise<void> {
  try {
    await client.query(`DROP TABLE ${key}`);
  } catch (error) {
    if (errorCode(error) !== '2BP01') throw error;
    throw new DatabaseSetupError(
      `${key} can not be replaced: views or other tables depend on it`,
      'Drop these first, or import into a table of another name',
      { cause: error },
    );
  }
}

function tableName(name: string, escape: pg.ClientBase['escapeIdentifier']): string {
  const { sql, schema } = nameForCreation(name, escape);
  return unquoted(schema === undefined ? sql : sql.slice(schema.length + 1));
}

function unquoted(identifier: string): string {
  return identifier.replace(/^"(.*)"$/s, '$1').replaceAll('""', '"');
}
