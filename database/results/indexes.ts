/**
 * What whoever reads results needs of indexes: rows, histograms and clear rows by parcel, parcels by place and id, scenes by id.
 * Extraction needs none of those on rows, and is slower with them; docs/decisions/index-by-parcel.md says by how much, and why
 * the column is `pid` alone.
 */
import { query } from '../session/session.js';
import type { Database } from '../session/session.js';
import type { Table } from '../terms.js';

/** Tables that are read; those that are not there are left out. */
export interface ReadTables {
  /** Results, histograms and clear rows. */
  readonly rows: readonly Table[];
  readonly parcels?: Table | undefined;
  /** Columns that parcels are asked for by beside `ogc_fid`, as they are called. */
  readonly parcelIds?: readonly string[] | undefined;
  readonly catalogue?: Table | undefined;
}

/** An index that reads need and a table lacks; of a partitioned table, each partition's own. */
export interface MissingIndex {
  /** The table's or partition's name, as it stands in a statement, and its parts as they are. */
  readonly table: string;
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  readonly column: string;
  readonly method: 'btree' | 'gist';
  /** What the table takes on disk: of a small one all is read as fast. */
  readonly bytes: number;
  /** Whether this role may make it. */
  readonly isOurs: boolean;
  /** One of its making that is not valid: being built, or what a build that was cut short has left. */
  readonly invalid: string | null;
}

/**
 * An index serves where the column leads it and it is over all rows. One that is not valid is only taken for a leftover of ours
 * where it is as plain as ours are.
 */
const MISSING = `
  WITH RECURSIVE wanted AS (
    SELECT * FROM unnest($1::oid[], $2::text[], $3::text[]) WITH ORDINALITY AS w (root, column_name, method, rank)
  ), tree AS (
    SELECT root AS oid, column_name, method, rank FROM wanted
    UNION ALL SELECT i.inhrelid, column_name, method, rank FROM tree JOIN pg_inherits i ON i.inhparent = tree.oid
  ), led AS (
    SELECT i.indrelid, a.attname, CASE am.amname WHEN 'spgist' THEN 'gist' ELSE am.amname END AS method, i.indisvalid AS valid, i.indexrelid,
           NOT i.indisunique AND i.indnatts = 1 AS plain
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am am ON am.oid = c.relam
    JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
    WHERE i.indpred IS NULL AND i.indislive
  )
  SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS "table", c.oid::int8::float8 AS oid, n.nspname AS schema,
         c.relname AS name, t.column_name AS "column", t.method, pg_table_size(c.oid)::float8 AS bytes,
         pg_has_role(c.relowner, 'USAGE') AS "isOurs",
         (SELECT quote_ident(n.nspname) || '.' || quote_ident(x.relname) FROM led l JOIN pg_class x ON x.oid = l.indexrelid
          WHERE (l.indrelid, l.attname, l.method) = (c.oid, t.column_name, t.method) AND l.plain AND NOT l.valid
          ORDER BY x.relname LIMIT 1) AS invalid
  FROM tree t JOIN pg_class c ON c.oid = t.oid JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = t.column_name AND NOT a.attisdropped
  WHERE c.relkind IN ('r', 'm') AND NOT EXISTS (
    SELECT FROM led l WHERE (l.indrelid, l.attname, l.method) = (c.oid, t.column_name, t.method) AND l.valid)
  ORDER BY t.rank, 1`;

/** The indexes that reads of these tables need and that are not there, in the order of the tables. Views and foreign tables have none. */
export function missingIndexes(
  database: Database,
  { rows, parcels, parcelIds = [], catalogue }: ReadTables,
): Promise<MissingIndex[]> {
  const wanted = [
    ...(parcels === undefined
      ? []
      : [
          ...[...new Set(['ogc_fid', ...parcelIds])].map((id) => [parcels, id, 'btree'] as const),
          [parcels, 'wkb_geometry', 'gist'] as const,
        ]),
    ...(catalogue === undefined
      ? []
      : [[catalogue, 'id', 'btree'] as const, [catalogue, 'footprint', 'gist'] as const]),
    // Two kinds of rows may be kept in one table.
    ...[...new Map(rows.map((table) => [table.oid, table])).values()].map(
      (table) => [table, 'pid', 'btree'] as const,
    ),
  ];
  return query<MissingIndex>(database, MISSING, [
    wanted.map(([{ oid }]) => oid),
    wanted.map(([, column]) => column),
    wanted.map(([, , method]) => method),
  ]);
}

/** Half a million rows, or a tenth of a second to read. */
const SMALL_BYTES = 32e6;

/** Those of them that a reader notices. */
export function noticeable(missing: readonly MissingIndex[]): MissingIndex[] {
  return missing.filter(({ bytes }) => bytes >= SMALL_BYTES);
}

/** `ms.sigs_2024 (pid), ms.parcels_2024 (wkb_geometry)` */
export function named(missing: readonly MissingIndex[]): string {
  return missing.map(({ table, column }) => `${table} (${column})`).join(', ');
}
