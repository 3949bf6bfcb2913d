/** Whether each id still means the scene whose rows were stored under it, and all scenes of a results table are of one catalogue. */
import type pg from 'pg';
import { query } from '../session/session.js';
import type { Table } from '../terms.js';
import type { Findings } from './findings.js';

const RENUMBERED = (catalogue: Table) => `
  SELECT e.results_table AS results, e.obsid, e.reference, s.reference::text AS now
  FROM audit_extraction e JOIN ${catalogue.key} s ON s.id = e.obsid
  WHERE e.catalogue_table = $1 AND e.reference <> s.reference::text ORDER BY 1, 2`;

const MIXED = `
  SELECT m.results_table AS results, count(*)::integer AS scenes, min(m.catalogue_table) AS other
  FROM parcelwise.extraction e JOIN audit_extraction m USING (results_table)
  WHERE e.catalogue_table = $1 AND m.catalogue_table > e.catalogue_table AND e.obsid = (
    SELECT min(obsid) FROM parcelwise.extraction f WHERE (f.results_table, f.catalogue_table) = (e.results_table, $1))
  GROUP BY 1`;

/** Looks at the extractions in scope that are of this catalogue. */
export async function auditReferences(
  client: pg.ClientBase,
  catalogue: Table,
  findings: Findings,
): Promise<void> {
  const renumbered = await query<{ results: string; obsid: number; reference: string; now: string }>(
    client,
    RENUMBERED(catalogue),
    [catalogue.key],
  );
  for (const { results: table, obsid, reference, now } of renumbered) {
    const text = `scene ${obsid} is ${now} in ${catalogue.key}, but ${reference} was extracted`;
    findings.add({ kind: 'identity', table, obsid, count: 1, text });
  }
  const mixed = await query<{ results: string; scenes: number; other: string }>(client, MIXED, [
    catalogue.key,
  ]);
  for (const { results: table, scenes, other } of mixed) {
    const text = `holds scenes of ${catalogue.key} and ${scenes} of ${other}, whose ids nobody can tell apart`;
    findings.add({ kind: 'identity', table, count: scenes, text });
  }
}
