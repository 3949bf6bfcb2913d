/** The owner fence: who has lost a claim writes nothing for it any more, however late the writing comes. */
import type pg from 'pg';
import { ClaimLost } from '../session/errors.js';
import { query } from '../session/session.js';
import type { ExtractionKey, Owner } from '../terms.js';

/** Shared, so that an owner's chunks don't wait for each other; a new owner waits for them, and then shuts them out. */
const FENCE = `
  SELECT 1 FROM parcelwise.extraction
  WHERE (results_table, obsid, owner_workflow, owner_run) = ($1, $2, $3, $4) AND status = 'inprogress'
  FOR SHARE`;

/**
 * The owner fence, first statement of every transaction that writes for an owner: until it ends nobody can take the
 * scene over, and an activity that was given up but runs on writes nothing.
 * @throws ClaimLost when the scene has another owner, or none.
 */
export async function holdClaim(client: pg.ClientBase, key: ExtractionKey, owner: Owner): Promise<void> {
  const held = await query(client, FENCE, [key.results, key.obsid, owner.workflowId, owner.runId]);
  if (held.length === 0) throw new ClaimLost(key, owner);
}
