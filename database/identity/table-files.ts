/** What a table is, beside its name: its oid and its file on disk, and those of its partitions. */
import { query } from '../session/session.js';
import type { Database } from '../session/session.js';
import type { Table } from '../terms.js';

/** The function and not the column: it sees another's TRUNCATE within a snapshot that is older. */
const FILES = `
  WITH RECURSIVE tree AS (
    SELECT $1::oid AS oid UNION SELECT i.inhrelid FROM pg_inherits i JOIN tree ON i.inhparent = tree.oid
  )
  SELECT CASE WHEN bool_and(c.relkind = 'p' OR pg_relation_filenode(c.oid) IS NOT NULL)
              THEN string_agg(c.oid || ':' || coalesce(pg_relation_filenode(c.oid), 0), ' ' ORDER BY c.oid) END AS files
  FROM tree JOIN pg_class c USING (oid)`;

/**
 * A hint at whether a table is the one that was seen before. It changes where the table was emptied by TRUNCATE, made anew,
 * restored, or merely written anew (CLUSTER, VACUUM FULL); DELETE leaves it as it is.
 * @returns null where it can't tell: a view, or a table of another server.
 */
export async function filesOf(database: Database, { oid }: Pick<Table, 'oid'>): Promise<string | null> {
  const [row] = await query<{ files: string | null }>(database, FILES, [oid]);
  return row?.files ?? null;
}
