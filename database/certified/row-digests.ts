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
import { chunksOf, type SceneChunks } from './scene-chunks.js';

/** A statistic that is NULL: a pattern of bits that is no number. */
const NULL_STATISTIC = `'\\x7ff0000000000001'::bytea`;
/** NaN has many patterns of bits, that of NULL among them; a restore keeps none but this. */
const NAN_STATISTIC = `'\\x7ff8000000000000'::bytea`;

/** Eight bytes. */
const BITS_OF = (value: string) =>
  `CASE WHEN ${value} IS NULL THEN ${NULL_STATISTIC} WHEN ${value} = 'NaN' THEN ${NAN_STATISTIC} ELSE float8send(${value}) END`;

/** What is hashed of a row: the parcel's id and each statistic in eight bytes. */
const HASH_OF = (columns: readonly StatisticColumn[]) =>
  `sha256(${['int8send(r.pid::bigint)', ...columns.map((column) => BITS_OF(`r.${column}::float8`))].join(' || ')})`;

/** Of a histogram the parcel's id and the JSON as jsonb prints it. */
const HIST_HASH = `sha256(int8send(r.pid::bigint) || coalesce(convert_to(r.hist::jsonb::text, 'UTF8'), '\\x00'))`;

const LABEL = { results: 'r.band::text', clear: 'r.band::text', hists: `'hist'::text` } as const;

/** $1 scenes and $2 how many of their chunks count, $3 results table. Rows of parcels that came with later chunks are left out. */
const DIGESTS = (table: Table, kind: StoredKind, columns: readonly StatisticColumn[]) => `
  WITH wanted AS MATERIALIZED (
    SELECT * FROM unnest($1::integer[], $2::integer[]) AS one (obsid, chunks)
  ), later AS MATERIALIZED (
    SELECT l.obsid, pid FROM wanted JOIN parcelwise.ledger l ON l.obsid = wanted.obsid AND l.chunk >= wanted.chunks
    CROSS JOIN unnest(l.pids) AS pid WHERE l.results_table = $3
  )
  SELECT obsid, label, count(*)::float8 AS rows, encode(sha256(coalesce(string_agg(hash, '' ORDER BY hash), '')), 'hex') AS digest
  FROM (SELECT r.obsid, ${LABEL[kind]} AS label, ${kind === 'hists' ? HIST_HASH : HASH_OF(columns)} AS hash
        FROM ${table.key} r JOIN wanted ON wanted.obsid = r.obsid
        WHERE NOT EXISTS (SELECT FROM later WHERE (later.obsid, later.pid) = (r.obsid, r.pid))) AS hashed
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

/** A table, and which of its columns count. */
export interface DigestedTable {
  readonly table: Table;
  readonly kind: StoredKind;
  readonly columns: readonly StatisticColumn[];
}

/**
 * Scenes without a row of a band have no line of it.
 * @param results the results table that the scenes' chunks are of
 * @param columns which the table must have
 * @param scenes each once
 */
export async function rowDigests(
  client: pg.ClientBase,
  results: string,
  { table, kind, columns }: DigestedTable,
  scenes: readonly SceneChunks[],
): Promise<RowDigest[]> {
  await client.query(SORT_MEMORY);
  return query<RowDigest>(client, DIGESTS(table, kind, columns), [...chunksOf(scenes), results]);
}
