/** What parcelwise knows of a scene: its extractions, one a results table. */
import type { Database } from '../session/session.js';
import { query } from '../session/session.js';
import type { Accounts, ExtractionKey, MeasuringRule, Owner, StatusIn, Table } from '../terms.js';

export interface Extraction extends ExtractionKey {
  readonly bands: readonly string[];
  /** Where its clear rows are, and of which bands; null where it has none. */
  readonly clear: { readonly table: string; readonly bands: readonly string[] } | null;
  /** What its rows are measured by. */
  readonly rule: MeasuringRule;
  readonly campaign: string;
  readonly status: string;
  /** Whether the status stands in the catalogue too. */
  readonly statusIn: StatusIn;
  /** Why it ended in a word that is not `extracted`. */
  readonly reason: string | null;
  /** What people should know of how its files were read. */
  readonly notes: readonly string[];
  readonly owner: Owner;
  /** UTC, ISO 8601 without zone. */
  readonly claimedAt: string;
  readonly finishedAt: string | null;
  /** What is known of the numbers it was extracted with: radiometry, baseline, offsets and where they come from. */
  readonly facts: Readonly<Record<string, unknown>>;
  /** What became of its parcels, once it has ended. */
  readonly accounts: Accounts | null;
  /** The scene whose rows have taken the place of its own, where one has. */
  readonly supersededBy: { readonly obsid: number; readonly reference: string } | null;
}

/** The stored chunks `l` of the extraction `e`. */
export const LEDGER_OF = `SELECT FROM parcelwise.ledger l WHERE (l.results_table, l.obsid) = (e.results_table, e.obsid)`;

/** Chunks of the extraction `e` are stored. */
export const STORED = `EXISTS (${LEDGER_OF})`;

/** The rule of extraction `e`. Expressions of indices that are none of its bands measured nothing: once all that a configuration had were recorded. */
export const RULE_OF = (e: string) => `jsonb_set(${e}.rule, '{indices}', (
  SELECT coalesce(jsonb_object_agg(name, expression), '{}') FROM jsonb_each(${e}.rule -> 'indices') AS own (name, expression)
  WHERE name = ANY (${e}.bands)))`;

const TIME = (column: string) => `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS')`;

const OF_SCENE = ({ key }: Table) => `
  SELECT e.results_table AS results, e.obsid, bands,
         CASE WHEN clear_table IS NOT NULL THEN json_build_object('table', clear_table, 'bands', clear_bands) END AS clear,
         ${RULE_OF('e')} AS rule, campaign, e.status, status_in AS "statusIn", reason,
         coalesce(facts -> 'notes', '[]') AS notes,
         json_build_object('workflowId', owner_workflow, 'runId', owner_run) AS owner,
         ${TIME('claimed_at')} AS "claimedAt", ${TIME('finished_at')} AS "finishedAt", accounts, facts,
         CASE WHEN n.id IS NOT NULL THEN json_build_object('obsid', n.id, 'reference', n.reference) END AS "supersededBy"
  FROM parcelwise.extraction e
  LEFT JOIN parcelwise.supersession k USING (results_table, obsid)
  LEFT JOIN ${key} n ON n.id = k.by_obsid
  WHERE (e.catalogue_table, e.obsid) = ($1, $2) ORDER BY claimed_at DESC, e.results_table`;

/** The extractions of one scene, the latest first. */
export function extractionsOf(database: Database, catalogue: Table, obsid: number): Promise<Extraction[]> {
  return query<Extraction>(database, OF_SCENE(catalogue), [catalogue.key, obsid]);
}
