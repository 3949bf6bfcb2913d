/**
 * Digests of rows, one a scene and layer: SHA-256 of the ascending list of the SHA-256 of each row. They do not depend on where
 * rows lie in the table, nor on how its columns are typed or printed, and change with every row that is lost, doubled,
 * altered or given to another parcel, whoever wants to hide it: unlike sums of hashes, lists can't be made to match by altering
 * more rows. One scan and one sort, no index; the sort takes some 55 bytes a row of temporary disk.
 */
import type pg from 'pg';
import { query } from '../session/session.js';
import type { StoredKind } from '../identity/stored-rows.js';
import type { StatisticColumn } from '../results/statistic-columns.js';
import type { Table } from '../terms.js';

/** A statistic that is NULL: a pattern of bits that is no number, and that no computation gives. */
const NULL_STATISTIC = `'\\x7ff0000000000001'::bytea`;

/** What is hashed of a row: the parcel's id and each statistic in eight bytes. */
const HASH_OF = (columns: readonly StatisticColumn[]) =>
  `sha256(${['int8send(r.pid::bigint)', ...columns.map((column) => `coalesce(float8send(r.${column}::float8), ${NULL_STATISTIC})`)].join(' || ')})`;

/** Of a histogram the parcel's id and the JSON as jsonb prints it. */
const HIST_HASH = `sha256(int8send(r.pid::bigint) || coalesce(convert_to(r.hist::jsonb::text, 'UTF8'), '\\x00'))`;

const LABEL = { results: 'r.band::text', clear: 'r.band::text', hists: `'hist'::text` } as const;

const DIGESTS = (table: Table, kind: StoredKind, columns: readonly StatisticColumn[]) => `
  SELECT obsid, label, count(*)::float8 AS rows, encode(sha256(coalesce(string_agg(hash, '' ORDER BY hash), '')), 'hex') AS digest
  FROM (SELECT r.obsid, ${LABEL[kind]} AS label, ${kind === 'hists' ? HIST_HASH : HASH_OF(columns)} AS hash
        FROM ${table.key} r JOIN unnest($1::integer[]) AS wanted (obsid) ON wanted.obsid = r.obsid) AS hashed
  GROUP BY obsid, label ORDER BY obsid, label COLLATE "C"`;

/** Rows are sorted, so that their digests do not depend on their order. */
const SORT_MEMORY = "SET LOCAL work_mem = '256MB'";

export interface RowDigest {
  readonly obsid: number;
  /** The band; `hist` of histograms. */
  readonly label: string;
  readonly rows: number;
  readonly digest: string;
}

/**
 * Scenes without a row of a band have no line of it.
 * @param columns which the table must have
 * @param obsids scenes, each once
 */
export async function rowDigests(
  client: pg.ClientBase,
  table: Table,
  kind: StoredKind,
  columns: readonly StatisticColumn[],
  obsids: readonly number[],
): Promise<RowDigest[]> {
  await client.query(SORT_MEMORY);
  return query<RowDigest>(client, DIGESTS(table, kind, columns), [obsids]);
}
