/**
 * Names of tables and columns from configuration. They reach a statement only after the server has found what they
 * name, and then in the server's own quoting, so nothing written in a name is ever run.
 */
import type pg from 'pg';
import { DatabaseSetupError } from './errors.js';
import { query } from './session.js';
import type { Database } from './session.js';
import type { Table } from '../terms.js';

/** One part of a name, and whether it was written in double quotes. */
interface Part {
  readonly text: string;
  readonly quoted: boolean;
}

export interface WrittenName {
  readonly schema: Part | undefined;
  readonly table: Part;
}

const PART = /^(?:"((?:[^"]|"")+)"|([^".]+))/;

/**
 * Takes `table`, `schema.table`, or either part in double quotes (doubled inside) apart.
 * @throws DatabaseSetupError where the name is none of these.
 */
export function parseName(name: string): WrittenName {
  const parts: Part[] = [];
  let rest = name.trim();
  for (;;) {
    const match = PART.exec(rest);
    if (match === null) break;
    const [whole, quoted, plain] = match;
    parts.push(
      quoted === undefined
        ? { text: plain!.trim(), quoted: false }
        : { text: quoted.replaceAll('""', '"'), quoted: true },
    );
    rest = rest.slice(whole.length);
    if (!rest.startsWith('.')) break;
    rest = rest.slice(1);
    if (rest === '') parts.length = 0;
  }
  const [first, second] = parts;
  if (rest !== '' || first === undefined || parts.length > 2 || name.includes('\0')) {
    throw new DatabaseSetupError(
      `"${name}" is not a table name`,
      'Write table or schema.table, and a part with a dot or a quote in it in double quotes',
    );
  }
  return second === undefined ? { schema: undefined, table: first } : { schema: first, table: second };
}

/** The spellings a part may have in the database: as written, then as PostgreSQL would have folded it. */
function spellings(part: Part): string[] {
  const folded = part.text.toLowerCase();
  return part.quoted || folded === part.text ? [part.text] : [part.text, folded];
}

/**
 * Tables, views and foreign tables by candidate spellings, the first match winning. Without a schema the search path
 * decides, as it would in a statement.
 */
const FIND_TABLE = `
  SELECT c.oid::int8::text AS oid, quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS key, c.relkind AS kind
  FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS candidate (schema, name, rank)
  JOIN pg_class c ON c.relname = candidate.name AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
  JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = candidate.schema OR candidate.schema IS NULL AND pg_table_is_visible(c.oid)
  ORDER BY rank LIMIT 1`;

/** Finds a table as configuration names it; undefined where there is none. */
export async function findTable(database: Database, name: string): Promise<Table | undefined> {
  const { schema, table } = parseName(name);
  const candidates = (schema === undefined ? [null] : spellings(schema)).flatMap((inSchema) =>
    spellings(table).map((text) => [inSchema, text] as const),
  );
  const [found] = await query<{ oid: string; key: string }>(database, FIND_TABLE, [
    candidates.map(([inSchema]) => inSchema),
    candidates.map(([, text]) => text),
  ]);
  return found === undefined ? undefined : { key: found.key, oid: Number(found.oid) };
}

/** @throws DatabaseSetupError naming the setting, where there is no such table. */
export async function requireTable(database: Database, name: string, setting: string): Promise<Table> {
  const table = await findTable(database, name);
  if (table !== undefined) return table;
  throw new DatabaseSetupError(
    `there is no table ${name} (${setting})`,
    setting === 'parcel_table'
      ? 'Import the parcels (parcelwise parcels import, or ogr2ogr), or correct the name in db_config.json'
      : `Correct the name; or write it into db_config.json (${setting}) and run parcelwise init, which creates it`,
  );
}

const PLAIN = /^[A-Za-z_][A-Za-z0-9_$]*$/;

/**
 * The parts a table that does not exist yet is created under: plain unquoted names folded to lower case, as
 * CbM's tools (which don't quote) will look for them; all others as written.
 */
export function nameForCreation(
  name: string,
  escape: pg.ClientBase['escapeIdentifier'],
): { schema?: string; sql: string } {
  const { schema, table } = parseName(name);
  const fold = (part: Part) =>
    escape(!part.quoted && PLAIN.test(part.text) ? part.text.toLowerCase() : part.text);
  if (schema === undefined) return { sql: fold(table) };
  return { schema: fold(schema), sql: `${fold(schema)}.${fold(table)}` };
}
