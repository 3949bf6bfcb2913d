/** What `parcelwise audit` says of all that a run has left in the database. */
import type { Client } from '@temporalio/client';
import type pg from 'pg';
import { audit } from '../../database/audit/index.js';
import { ownerRuns } from '../../activities/reconcile.js';
import { placeOf, stateOf } from '../../client/index.js';

export interface Audited {
  /** Extractions looked at, those of the undisturbed run included. */
  readonly scenes: number;
  readonly parcels: number;
  /** Each kind of finding in words; none is the proof. */
  readonly findings: readonly string[];
}

const EACH = 10;

export async function auditAll(pool: pg.Pool, client: Client): Promise<Audited> {
  const { workflowService, options } = client;
  const temporal = {
    stateOf: stateOf.bind(undefined, client),
    lookUpPlace: () => placeOf(workflowService, options.namespace, ''),
  };
  const isOwned = (claim: Parameters<typeof ownerRuns>[0]) => ownerRuns(claim, { pool, temporal });
  const { scenes, parcels, findings } = await audit(pool, {}, { each: EACH, isRunning: isOwned });
  return { scenes, parcels, findings: findings.flatMap(({ first }) => first.map(({ text }) => text)) };
}
