/** Which tables a role could change that is only to read them. */
import { type Database, query } from '../session/session.js';
import type { Table } from '../terms.js';

/** A right to one column is one. Of a standby nobody changes anything. */
const WRITABLE = `
  SELECT asked.key FROM unnest($1::text[], $2::bigint[]) AS asked (key, oid)
  WHERE NOT pg_is_in_recovery()
    AND (has_table_privilege(asked.oid::oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
         OR has_any_column_privilege(asked.oid::oid, 'INSERT, UPDATE'))
  ORDER BY asked.key`;

/** Those of the tables, by their names, that the database's role may write to in some way. */
export async function writableOf(database: Database, tables: readonly Table[]): Promise<string[]> {
  const keys = new Map(tables.map(({ key, oid }) => [key, oid]));
  const rows = await query<{ key: string }>(database, WRITABLE, [[...keys.keys()], [...keys.values()]]);
  return rows.map(({ key }) => key);
}
