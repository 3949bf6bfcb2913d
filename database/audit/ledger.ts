/** Whether an extraction's own accounts agree: its plan, its ledger, its gaps, and the sums it was marked with. */
import type pg from 'pg';
import { CLEAR_BAND, IS_CLEAR } from '../ledger/layer-names.js';
import { WHOLE } from '../ledger/layers.js';
import { query } from '../session/session.js';
import type { Findings } from './findings.js';

interface ChunkLine {
  readonly results: string;
  readonly obsid: number;
  readonly chunk: number;
  readonly first: number;
  readonly last: number;
  /** NULL where the chunk is not stored. */
  readonly parcels: number | null;
  readonly rows: number | null;
  readonly hists: number | null;
  readonly clear: number | null;
  readonly bands: number;
  readonly clearBands: number;
  readonly clearGaps: number;
  readonly gaps: number;
  readonly classGaps: number;
  readonly missing: boolean;
  readonly overlapping: boolean;
  readonly miscounted: boolean;
  readonly astray: boolean;
  readonly unbalanced: boolean;
  readonly clearUnbalanced: boolean;
  readonly unlayered: boolean;
  readonly histsUnbalanced: boolean;
}

/**
 * The chunks with anything wrong. Every parcel of a stored chunk has a row or a gap in each of its layers, which are all of the
 * extraction's once that has ended. Chunks of changed
 * parcels come after the others and list their own, so their ranges may meet.
 */
const CHUNKS = `
  WITH gaps AS (
    SELECT g.results_table, g.obsid, g.chunk, coalesce(sum(g.parcels) FILTER (WHERE g.band = ANY (e.bands)), 0) AS parcels,
           coalesce(sum(g.parcels) FILTER (WHERE g.band = e.class_band), 0) AS of_classes,
           coalesce(sum(g.parcels) FILTER (WHERE ${IS_CLEAR('g.band')} AND ${CLEAR_BAND('g.band')} = ANY (e.clear_bands)), 0) AS clear
    FROM audit_gap g JOIN audit_extraction e USING (results_table, obsid) GROUP BY 1, 2, 3
  ), chunks AS (
    SELECT p.results_table AS results, p.obsid, p.chunk, p.first_pid AS first, p.last_pid AS last, l.parcels, l.rows, l.hists, l.clear,
           n.bands, coalesce(g.parcels, 0)::float8 AS gaps, coalesce(g.of_classes, 0)::float8 AS "classGaps",
           n.clear_bands AS "clearBands", coalesce(g.clear, 0)::float8 AS "clearGaps",
           e.status = 'extracted' AND l.chunk IS NULL AS missing,
           p.pids IS NULL AND p.first_pid <= lag(p.last_pid) OVER (PARTITION BY p.results_table, p.obsid ORDER BY p.chunk) AS overlapping,
           c.counted <> l.parcels OR c.counted <> c.distinct_count AS miscounted,
           c.lowest < p.first_pid OR c.highest > p.last_pid AS astray,
           l.rows + coalesce(g.parcels, 0) <> l.parcels::bigint * n.bands AS unbalanced,
           l.clear + coalesce(g.clear, 0) <> l.parcels::bigint * n.clear_bands AS "clearUnbalanced",
           l.chunk IS NOT NULL AND (e.status = 'extracted' AND NOT ${WHOLE} OR (l.rows, l.clear) IS DISTINCT FROM (coalesce(y.rows, 0), coalesce(y.clear, 0))) AS unlayered,
           e.hists_table IS NOT NULL AND (e.status = 'extracted' OR coalesce(y.has_classes, false)) AND l.hists + coalesce(g.of_classes, 0) <> l.parcels AS "histsUnbalanced"
    FROM parcelwise.plan p
    JOIN audit_extraction e USING (results_table, obsid)
    LEFT JOIN parcelwise.ledger l USING (results_table, obsid, chunk)
    LEFT JOIN audit_chunk c USING (results_table, obsid, chunk)
    LEFT JOIN gaps g USING (results_table, obsid, chunk)
    LEFT JOIN (
      SELECT results_table, obsid, chunk, sum(rows) FILTER (WHERE NOT ${IS_CLEAR('layer')}) AS rows,
             sum(rows) FILTER (WHERE ${IS_CLEAR('layer')}) AS clear,
             count(*) FILTER (WHERE NOT ${IS_CLEAR('layer')}) AS bands, count(*) FILTER (WHERE ${IS_CLEAR('layer')}) AS clear_bands,
             bool_or(layer = a.class_band) AS has_classes
      FROM parcelwise.stored_layer JOIN audit_extraction a USING (results_table, obsid) GROUP BY 1, 2, 3) AS y
      USING (results_table, obsid, chunk)
    CROSS JOIN LATERAL (
      SELECT (CASE WHEN e.status = 'extracted' THEN cardinality(e.bands) ELSE coalesce(y.bands, 0) END)::integer AS bands,
             (CASE WHEN e.status = 'extracted' THEN cardinality(e.clear_bands) ELSE coalesce(y.clear_bands, 0) END)::integer AS clear_bands
    ) AS n
  )
  SELECT * FROM chunks WHERE missing OR overlapping OR miscounted OR astray OR unbalanced OR "clearUnbalanced" OR unlayered OR "histsUnbalanced"
  ORDER BY results, obsid, chunk`;

/** Extracted without a plan, or marked with other sums than the ledger's. */
const SCENES = `
  WITH sums AS (
    SELECT results_table, obsid, sum(parcels) AS parcels, sum(rows) AS rows, sum(hists) AS hists, sum(clear) AS clear
    FROM parcelwise.ledger GROUP BY 1, 2
  )
  SELECT e.results_table AS results, e.obsid,
         NOT EXISTS (SELECT FROM parcelwise.plan p WHERE (p.results_table, p.obsid) = (e.results_table, e.obsid)) AS unplanned,
         e.accounts->>'parcels' AS "markedParcels", e.accounts->>'rows' AS "markedRows", e.accounts->>'hists' AS "markedHists", e.accounts->>'clear' AS "markedClear",
         s.parcels::float8 AS parcels, s.rows::float8 AS rows, s.hists::float8 AS hists, s.clear::float8 AS clear
  FROM audit_extraction e LEFT JOIN sums s USING (results_table, obsid)
  WHERE e.status = 'extracted'
    AND ((e.accounts->>'parcels')::bigint, (e.accounts->>'rows')::bigint, (e.accounts->>'hists')::bigint, coalesce((e.accounts->>'clear')::bigint, 0))
    IS DISTINCT FROM (s.parcels::bigint, s.rows::bigint, s.hists::bigint, s.clear::bigint)
  ORDER BY 1, 2`;

interface SceneLine {
  readonly results: string;
  readonly obsid: number;
  readonly unplanned: boolean;
  readonly markedParcels: string | null;
  readonly markedRows: string | null;
  readonly markedHists: string | null;
  readonly markedClear: string | null;
  readonly parcels: number | null;
  readonly rows: number | null;
  readonly hists: number | null;
  readonly clear: number | null;
}

export async function auditLedger(client: pg.ClientBase, findings: Findings): Promise<void> {
  for (const line of await query<ChunkLine>(client, CHUNKS)) {
    const { results: table, obsid, chunk, first, last } = line;
    for (const problem of problems(line)) {
      const text = `scene ${obsid}, chunk ${chunk} (parcels ${first} to ${last}): ${problem}`;
      findings.add({ kind: 'ledger', table, obsid, count: 1, text });
    }
  }
  for (const line of await query<SceneLine>(client, SCENES)) {
    const { results: table, obsid } = line;
    const hasClear = line.markedClear !== null || (line.clear ?? 0) > 0;
    const marked = `${line.markedParcels ?? 0} parcels, ${line.markedRows ?? 0} rows and ${line.markedHists ?? 0} histograms${hasClear ? `, ${line.markedClear ?? 0} clear rows` : ''}`;
    const held = `${line.parcels ?? 0}, ${line.rows ?? 0} and ${line.hists ?? 0}${hasClear ? `, ${line.clear ?? 0}` : ''}`;
    const text = line.unplanned
      ? `scene ${obsid} is extracted without a plan`
      : `scene ${obsid} was marked extracted with ${marked}, its ledger has ${held}`;
    findings.add({ kind: 'ledger', table, obsid, count: 1, text });
  }
}

function problems(line: ChunkLine): string[] {
  const { parcels, rows, hists, clear, bands, clearBands, gaps, clearGaps, classGaps } = line;
  return [
    line.missing ? 'is not in the ledger, though the scene is extracted' : '',
    line.overlapping ? 'begins before the chunk before it ends' : '',
    line.miscounted ? `counts ${parcels ?? 0} parcels, but does not list so many` : '',
    line.astray ? 'lists parcels of another range' : '',
    line.unbalanced
      ? `${parcels ?? 0} parcels in ${bands} bands need ${(parcels ?? 0) * bands} rows and gaps, there are ${rows ?? 0} rows and ${gaps} gaps`
      : '',
    line.clearUnbalanced
      ? `${parcels ?? 0} parcels in ${clearBands} clear layers need ${(parcels ?? 0) * clearBands} clear rows and gaps, there are ${clear ?? 0} clear rows and ${clearGaps} gaps`
      : '',
    line.unlayered
      ? `has ${rows ?? 0} rows${clearBands > 0 ? ` and ${clear ?? 0} clear rows` : ''}, which are not those of its ${bands} bands together`
      : '',
    line.histsUnbalanced
      ? `${(parcels ?? 0) - classGaps} parcels need a histogram, ${hists ?? 0} were stored`
      : '',
  ].filter((text) => text !== '');
}
