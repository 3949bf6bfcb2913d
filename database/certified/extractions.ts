/** The extractions that an audit was about, each with its product: what a certificate says of scenes. */
import type pg from 'pg';
import { RULE_OF } from '../ledger/extractions.js';
import { requireTable } from '../session/identifier.js';
import { query } from '../session/session.js';
import type { MeasuringRule, Selection, Table } from '../terms.js';

export interface AuditedExtraction {
  readonly catalogue: string;
  readonly results: string;
  readonly clear: string | null;
  readonly hists: string | null;
  readonly obsid: number;
  readonly reference: string;
  readonly obstime: string;
  readonly sensor: string;
  readonly card: string;
  readonly campaign: string;
  readonly status: string;
  readonly reason: string | null;
  readonly bands: readonly string[];
  readonly clearBands: readonly string[];
  readonly rule: MeasuringRule;
  readonly facts: Readonly<Record<string, unknown>>;
  /** Null of extractions from before it was kept. */
  readonly selection: Selection | null;
  readonly baseline: string | null;
  readonly item: string | null;
  readonly collection: string | null;
  readonly relativeOrbit: number | null;
  readonly pass: string | null;
  readonly supersededBy: { readonly obsid: number; readonly reference: string } | null;
  readonly parcelSets: readonly string[];
}

/** $1 the catalogue. */
const EXTRACTIONS = (catalogue: Table, from: string, where = 'true') => `
  SELECT e.catalogue_table AS catalogue, e.results_table AS results, e.clear_table AS clear, e.hists_table AS hists, e.obsid,
         s.reference::text AS reference, to_char(s.obstime, 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS obstime, s.sensor::text AS sensor, e.card,
         e.campaign, e.status, e.reason, e.bands, e.clear_bands AS "clearBands", ${RULE_OF('e')} AS rule, e.facts, e.selection,
         coalesce(p.baseline, overlay(nullif(split_part(parcelwise.product_version(s.reference, p.generated_at), ' ', 2), '')
                                      PLACING '.' FROM 3 FOR 0)) AS baseline,
         p.item, p.collection, o.relative_orbit AS "relativeOrbit", o.pass,
         CASE WHEN n.id IS NOT NULL THEN json_build_object('obsid', n.id, 'reference', n.reference) END AS "supersededBy",
         ARRAY(SELECT DISTINCT l.parcel_set FROM parcelwise.ledger l
               WHERE (l.results_table, l.obsid) = (e.results_table, e.obsid) AND l.parcel_set IS NOT NULL ORDER BY 1) AS "parcelSets"
  FROM ${from} e
  JOIN ${catalogue.key} s ON s.id = e.obsid
  LEFT JOIN parcelwise.product p ON (p.catalogue_table, p.obsid, p.reference) = ($1, s.id, s.reference::text)
  LEFT JOIN parcelwise.orbit o ON (o.catalogue_table, o.obsid, o.reference) = ($1, s.id, s.reference::text)
  LEFT JOIN parcelwise.supersession k ON (k.results_table, k.obsid) = (e.results_table, e.obsid)
  LEFT JOIN ${catalogue.key} n ON n.id = k.by_obsid
  WHERE e.catalogue_table = $1 AND ${where} ORDER BY e.results_table, e.obsid`;

/** Catalogues of the audit's extractions. */
const CATALOGUES = `SELECT DISTINCT catalogue_table AS name FROM audit_extraction ORDER BY 1`;

/** In the transaction of an audit that has filled its temporary tables: by results table and scene. */
export async function auditedExtractions(client: pg.ClientBase): Promise<AuditedExtraction[]> {
  const all: AuditedExtraction[] = [];
  for (const { name } of await query<{ name: string }>(client, CATALOGUES)) {
    const catalogue = await requireTable(client, name, 'catalogue_table');
    all.push(
      ...(await query<AuditedExtraction>(client, EXTRACTIONS(catalogue, 'audit_extraction'), [
        catalogue.key,
      ])),
    );
  }
  return all;
}

/** Extractions of these scenes into a results table, as far as they are there, whatever an audit would find. */
export function extractionsNow(
  client: pg.ClientBase,
  catalogue: Table,
  results: string,
  obsids: readonly number[],
): Promise<AuditedExtraction[]> {
  const statement = EXTRACTIONS(
    catalogue,
    'parcelwise.extraction',
    'e.results_table = $2 AND e.obsid = ANY ($3::integer[])',
  );
  return query<AuditedExtraction>(client, statement, [catalogue.key, results, obsids]);
}

/** $1 results table, $2 scenes. */
const NOW = (catalogue: Table) => `
  SELECT wanted.obsid, s.reference::text AS reference, e.status, k.by_obsid AS "supersededBy"
  FROM unnest($2::integer[]) AS wanted (obsid)
  LEFT JOIN ${catalogue.key} s ON s.id = wanted.obsid
  LEFT JOIN parcelwise.extraction e ON (e.results_table, e.obsid) = ($1, wanted.obsid)
  LEFT JOIN parcelwise.supersession k ON (k.results_table, k.obsid) = ($1, wanted.obsid)
  ORDER BY 1`;

/** What has become of a scene; null where there is none any more. */
export interface SceneNow {
  readonly obsid: number;
  readonly reference: string | null;
  readonly status: string | null;
  readonly supersededBy: number | null;
}

export function scenesNow(
  client: pg.ClientBase,
  catalogue: Table,
  results: string,
  obsids: readonly number[],
): Promise<SceneNow[]> {
  return query<SceneNow>(client, NOW(catalogue), [results, obsids]);
}
