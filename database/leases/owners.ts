/** Where the owner of a claim runs, and whether workers of that place are heard of. */
import { query } from '../session/session.js';
import type { Database } from '../session/session.js';
import { ALIVE, type TemporalPlace } from './temporal-leases.js';
import type { ExtractionKey, Owner } from '../terms.js';

export interface OwnerPlace {
  /** Null for owners of before places were noted. */
  readonly place: TemporalPlace | null;
  /** Whether a lease of its place is alive. */
  readonly leased: boolean;
  /** Whether a lease of any other place than the one asked from is. */
  readonly othersLeased: boolean;
  /** How long ago the scene was claimed. */
  readonly claimedHours: number;
}

const OWNER = `
  SELECT CASE WHEN owner_cluster IS NOT NULL
              THEN json_build_object('cluster', owner_cluster, 'namespace', owner_namespace) END AS place,
         EXISTS (SELECT FROM parcelwise.temporal_lease l
                 WHERE (l.cluster, l.namespace) = (e.owner_cluster, e.owner_namespace) AND ${ALIVE}) AS leased,
         EXISTS (SELECT FROM parcelwise.temporal_lease l
                 WHERE (l.cluster, l.namespace) <> ($5, $6) AND ${ALIVE}) AS "othersLeased",
         extract(epoch FROM now() - claimed_at)::float8 / 3600 AS "claimedHours"
  FROM parcelwise.extraction e
  WHERE (results_table, obsid, owner_workflow, owner_run) = ($1, $2, $3, $4) AND status = 'inprogress'`;

/** @returns undefined where this owner holds the scene no more. */
export async function ownerPlace(
  database: Database,
  { results, obsid }: ExtractionKey,
  { workflowId, runId }: Owner,
  here: TemporalPlace,
): Promise<OwnerPlace | undefined> {
  const [row] = await query<OwnerPlace>(database, OWNER, [
    ...[results, obsid, workflowId, runId],
    ...[here.cluster, here.namespace],
  ]);
  return row;
}
