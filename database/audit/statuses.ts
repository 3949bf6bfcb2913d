/** Whether every status word is true: the catalogue's, the extraction's, and what the ledger says of both. */
import type pg from 'pg';
import { findTable } from '../session/identifier.js';
import { WHOLE } from '../ledger/layers.js';
import { query } from '../session/session.js';
import type { Owner, Table } from '../terms.js';
import type { Findings } from './findings.js';
import { type AuditScope, distinctNames } from './expected.js';
import { auditReferences } from './references.js';

/**
 * A scene's word in the catalogue is that of the extraction that claimed it last. A word that says why not may be taken
 * back by hand, to have the scene tried again.
 */
const WORDS = (catalogue: Table) => `
  WITH latest AS (
    SELECT DISTINCT ON (obsid) obsid, results_table FROM parcelwise.extraction
    WHERE catalogue_table = $1 AND status_in = 'catalogue' ORDER BY obsid, claimed_at DESC
  ), chunks AS (
    SELECT p.results_table, p.obsid, count(*) = count(l.chunk) FILTER (WHERE ${WHOLE}) AS complete
    FROM parcelwise.plan p JOIN audit_extraction e USING (results_table, obsid) LEFT JOIN parcelwise.ledger l USING (results_table, obsid, chunk) GROUP BY 1, 2
  ), words AS (
    SELECT e.results_table AS results, e.obsid, e.status, s.status::text AS word, s.id IS NULL AS gone,
           e.status_in = 'catalogue' AND latest.obsid IS NOT NULL AND s.status <> e.status
             AND NOT (s.status = 'ingested' AND e.status NOT IN ('inprogress', 'extracted')) AS differs,
           e.status NOT IN ('ingested', 'inprogress', 'extracted') AND chunks.complete AS complete
    FROM audit_extraction e
    LEFT JOIN ${catalogue.key} s ON s.id = e.obsid
    LEFT JOIN latest USING (obsid, results_table)
    LEFT JOIN chunks USING (obsid, results_table)
    WHERE e.catalogue_table = $1
  )
  SELECT * FROM words WHERE gone OR differs OR complete ORDER BY results, obsid`;

interface Word {
  readonly results: string;
  readonly obsid: number;
  readonly status: string;
  readonly word: string;
  readonly gone: boolean;
  readonly differs: boolean;
  readonly complete: boolean;
}

/** The catalogue's words that no claim or extraction of ours stands behind. */
const STRAYS = (catalogue: Table) => `
  SELECT s.status::text AS status, count(*)::integer AS count, (array_agg(s.id ORDER BY s.id))[1:10] AS obsids
  FROM ${catalogue.key} s
  WHERE ($2::text IS NULL OR s.card = $2) AND s.status IN ('inprogress', 'extracted') AND NOT EXISTS (
    SELECT FROM parcelwise.extraction e
    WHERE e.catalogue_table = $1 AND e.obsid = s.id AND e.status_in = 'catalogue' AND (s.status = 'extracted' OR e.status = 'inprogress'))
  GROUP BY 1`;

/** @returns notes on what the audit can't judge. */
export async function auditStatuses(
  client: pg.ClientBase,
  scope: AuditScope,
  findings: Findings,
): Promise<string[]> {
  const notes: string[] = [];
  for (const name of await distinctNames(client, 'catalogue_table')) {
    const catalogue = await findTable(client, name);
    if (catalogue === undefined) {
      findings.add({ kind: 'table', table: name, count: 1, text: `the catalogue ${name} is gone` });
      continue;
    }
    await auditReferences(client, catalogue, findings);
    for (const word of await query<Word>(client, WORDS(catalogue), [name])) {
      const { results: table, obsid } = word;
      findings.add({ kind: 'status', table, obsid, count: 1, text: describe(word, catalogue) });
    }
    if (scope.results === undefined && scope.campaign === undefined) {
      notes.push(...(await auditStrays(client, catalogue, scope.card, findings)));
    }
  }
  return notes;
}

function describe({ obsid, status, word, gone, differs }: Word, catalogue: Table): string {
  if (gone) return `scene ${obsid} is gone from ${catalogue.key}`;
  if (differs) return `scene ${obsid} is ${status}, but ${catalogue.key} says ${word}`;
  return `scene ${obsid} is ${status}, though every chunk of it is stored`;
}

async function auditStrays(
  client: pg.ClientBase,
  catalogue: Table,
  card: string | undefined,
  findings: Findings,
): Promise<string[]> {
  const strays = await query<{ status: string; count: number; obsids: number[] }>(client, STRAYS(catalogue), [
    catalogue.key,
    card ?? null,
  ]);
  const notes: string[] = [];
  for (const { status, count, obsids } of strays) {
    const scenes = `${count} scenes of ${catalogue.key} (${obsids.join(', ')}${count > obsids.length ? ', …' : ''})`;
    if (status === 'inprogress') {
      const text = `${scenes} are inprogress and no claim stands behind it; if no other program is at work, set them back to ingested`;
      findings.add({ kind: 'status', table: catalogue.key, count, text });
    } else {
      notes.push(`${scenes} are extracted by another program; nothing can be said of them`);
    }
  }
  return notes;
}

export interface AuditedClaim {
  readonly results: string;
  readonly obsid: number;
  readonly campaign: string;
  readonly owner: Owner;
  /** UTC, ISO 8601 without zone. */
  readonly claimedAt: string;
}

const CLAIMS = `
  SELECT results_table AS results, obsid, campaign, json_build_object('workflowId', owner_workflow, 'runId', owner_run) AS owner,
         to_char(claimed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS') AS "claimedAt"
  FROM audit_extraction WHERE status = 'inprogress' ORDER BY 1, 2`;

/** The claims in scope, whose owners must be running. */
export function claimsInScope(client: pg.ClientBase): Promise<AuditedClaim[]> {
  return query<AuditedClaim>(client, CLAIMS);
}
