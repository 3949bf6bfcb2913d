/** The scenes whose rows an export is made of, and when those of a scene were last written. */
import type pg from 'pg';
import { query } from '../session/session.js';
import type { MeasuringRule, Table } from '../terms.js';

export interface ExportedScene {
  readonly obsid: number;
  readonly reference: string;
  readonly card: string;
  /** UTC: ISO 8601, and the day alone. */
  readonly obstime: string;
  readonly day: string;
  /** Of `obstime`, microseconds since 1970, in decimal digits. */
  readonly micros: string;
  /** Changes whenever rows of the scene may have: by its end, its accounts, and the last chunk that was stored. */
  readonly stamp: string;
  /** UTC; null of scenes that parcelwise did not extract. */
  readonly extracted: string | null;
  /** False while rows are being added or renewed. */
  readonly settled: boolean;
  /** How many rows it has; null where nobody counted. */
  readonly rows: number | null;
  /** What its numbers are: `raw`, `harmonised` and so on, and the baseline of its product. */
  readonly radiometry: string | null;
  readonly baseline: string | null;
  readonly rule: MeasuringRule | null;
  readonly parcelSets: readonly string[];
  readonly bands: readonly string[];
}

export interface SceneChoice {
  readonly catalogue: Table;
  /** The results table that the extractions are of, whichever kind of rows is asked for. */
  readonly results: Table;
  readonly kind: 'raw' | 'clear';
  readonly card?: string | undefined;
  /** UTC, both included. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/**
 * $1 results table, $2 catalogue table, $3 CARD type, $4 and $5 bounds of time. Scenes that another tool extracted have no line
 * of ours, and are told by their status word; that word may be about another table, in which case they have no rows.
 */
const SCENES = ({ catalogue, kind }: SceneChoice) => `
  SELECT s.id AS obsid, s.reference::text AS reference, s.card::text AS card,
         to_char(s.obstime, 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS obstime, to_char(s.obstime, 'YYYY-MM-DD') AS day,
         trunc(extract(epoch FROM s.obstime) * 1000000)::int8::text AS micros,
         md5(concat_ws('/', s.reference, e.finished_at, e.accounts, stored.last, stored.chunks, e.claimed_at)) AS stamp,
         to_char(e.finished_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS extracted,
         coalesce(e.status = 'extracted', true) AS settled,
         (e.accounts ->> '${kind === 'raw' ? 'rows' : 'clear'}')::float8 AS rows,
         e.facts ->> 'radiometry' AS radiometry, coalesce(p.baseline, e.facts ->> 'baseline') AS baseline,
         e.rule, coalesce(stored.sets, '{}') AS "parcelSets",
         coalesce(e.${kind === 'raw' ? 'bands' : 'clear_bands'}, '{}') AS bands
  FROM ${catalogue.key} s
  LEFT JOIN parcelwise.extraction e ON (e.results_table, e.catalogue_table, e.obsid) = ($1, $2, s.id)
  LEFT JOIN parcelwise.product p ON (p.catalogue_table, p.obsid, p.reference) = ($2, s.id, s.reference::text)
  LEFT JOIN LATERAL (
    SELECT max(l.stored_at) AS last, count(*) AS chunks, array_agg(DISTINCT l.parcel_set) FILTER (WHERE l.parcel_set IS NOT NULL) AS sets
    FROM parcelwise.ledger l WHERE (l.results_table, l.obsid) = ($1, s.id)) AS stored ON true
  WHERE (stored.chunks > 0 OR e.obsid IS NULL AND s.status = 'extracted')
    AND NOT EXISTS (SELECT FROM parcelwise.supersession k WHERE (k.results_table, k.obsid) = ($1, s.id))
    AND ($3::text IS NULL OR s.card = $3) AND ($4::timestamp IS NULL OR s.obstime >= $4) AND ($5::timestamp IS NULL OR s.obstime <= $5)
  ORDER BY s.obstime, s.id`;

/** The scenes in order of time, those that a newer product has superseded left out. */
export function exportedScenes(client: pg.ClientBase, choice: SceneChoice): Promise<ExportedScene[]> {
  const { results, catalogue, card, from, to } = choice;
  return query<ExportedScene>(client, SCENES(choice), [
    results.key,
    catalogue.key,
    card ?? null,
    from ?? null,
    to ?? null,
  ]);
}
