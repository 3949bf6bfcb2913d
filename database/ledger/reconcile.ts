/** Claims that nobody works on any more: found here, and freed where the owner is still the one that was looked at. */
import type pg from 'pg';
import type { CheckedSelection } from '../selection/check.js';
import { releaseSceneIn } from './release.js';
import { findTable } from '../session/identifier.js';
import { inTransaction, query } from '../session/session.js';
import type { Database } from '../session/session.js';
import type { TemporalPlace } from '../leases/temporal-leases.js';
import type { ExtractionKey, Owner, Scene, StatusIn } from '../terms.js';

export interface HeldClaim extends ExtractionKey {
  readonly catalogue: string;
  readonly card: string;
  readonly campaign: string;
  readonly owner: Owner;
  /** UTC, ISO 8601 without zone. */
  readonly claimedAt: string;
  /** Where the owner runs; null for owners of before places were noted. */
  readonly place: TemporalPlace | null;
  /** Whether the catalogue's word is claimed too. */
  readonly statusIn: StatusIn;
}

const HELD = `
  SELECT results_table AS results, obsid, catalogue_table AS catalogue, card, campaign,
         json_build_object('workflowId', owner_workflow, 'runId', owner_run) AS owner,
         to_char(claimed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS') AS "claimedAt", status_in AS "statusIn",
         CASE WHEN owner_cluster IS NOT NULL
              THEN json_build_object('cluster', owner_cluster, 'namespace', owner_namespace) END AS place
  FROM parcelwise.extraction WHERE status = 'inprogress' ORDER BY claimed_at, results_table, obsid`;

/** All claims, of every campaign and results table of this database, oldest first. */
export function heldClaims(database: Database): Promise<HeldClaim[]> {
  return query<HeldClaim>(database, HELD);
}

/** `inprogress` without a claim of ours: left by CbM's scripts, or by hand. */
const STRAY = ({ catalogue }: Pick<CheckedSelection, 'catalogue'>) => `
  SELECT s.id AS obsid, s.reference::text, s.sensor::text, s.card::text, s.status::text,
         rtrim(rtrim(to_char(s.obstime, 'YYYY-MM-DD"T"HH24:MI:SS.US'), '0'), '.') AS obstime
  FROM ${catalogue.key} s
  WHERE s.status = 'inprogress' AND NOT EXISTS (
    SELECT FROM parcelwise.extraction e WHERE e.catalogue_table = $1 AND e.obsid = s.id
      AND e.status = 'inprogress' AND e.status_in = 'catalogue')
  ORDER BY s.obstime, s.id`;

/**
 * Scenes that are `inprogress` though no claim of ours holds them. Another program may be at work on them, so they are
 * shown to people and not freed.
 */
export function strayScenes(
  database: Database,
  selection: Pick<CheckedSelection, 'catalogue'>,
): Promise<Scene[]> {
  return query<Scene>(database, STRAY(selection), [selection.catalogue.key]);
}

/**
 * Gives the scenes of these claims back, each only if its owner has not changed since it was read, and returns those
 * that were freed.
 */
export async function freeClaims<Held extends Pick<HeldClaim, 'results' | 'obsid' | 'catalogue' | 'owner'>>(
  pool: pg.Pool,
  claims: readonly Held[],
): Promise<Held[]> {
  const freed: Held[] = [];
  for (const claim of claims) {
    // The stored name goes through the same door as one from configuration.
    const catalogue = await findTable(pool, claim.catalogue);
    if (catalogue === undefined) continue;
    if (await inTransaction(pool, (client) => releaseSceneIn(client, catalogue.key, claim, claim.owner)))
      freed.push(claim);
  }
  return freed;
}
