/** Giving scenes back: the end of a claim that did not come to its end. */
import type pg from 'pg';
import type { CheckedSelection } from '../selection/check.js';
import { STORED } from './extractions.js';
import { execute, inTransaction, query } from '../session/session.js';
import type { ExtractionKey, Owner, StatusIn } from '../terms.js';

/**
 * Only what the owner still holds is let go. With no chunk stored, another results table's extraction may keep the
 * scene's histograms and clear rows in the same tables.
 */
const LET_GO = `
  UPDATE parcelwise.extraction e
  SET status = 'ingested', finished_at = now(), hists_table = CASE WHEN ${STORED} THEN hists_table END,
      clear_table = CASE WHEN ${STORED} THEN clear_table END
  WHERE (results_table, obsid, owner_workflow, owner_run) = ($1, $2, $3, $4) AND status = 'inprogress'
  RETURNING status_in AS "statusIn"`;

/** In the catalogue, where its word is the lock. */
export const GIVE_BACK = (catalogueKey: string) =>
  `UPDATE ${catalogueKey} SET status = 'ingested' WHERE id = $1 AND status = 'inprogress'`;

/** The word is ours where nobody else had changed it; else a later claim must see that somebody had. */
const GIVE_BACK_OURS = (catalogueKey: string) => `
  WITH given AS (${GIVE_BACK(catalogueKey)} RETURNING id)
  UPDATE parcelwise.extraction SET word = 'ingested' WHERE (results_table, obsid) = ($2, $1) AND EXISTS (SELECT FROM given)`;

/**
 * Gives a scene back, and says whether the owner still held it. What is stored of it stays and counts when it is taken
 * up again. Releasing twice is harmless.
 */
export function releaseScene(
  pool: pg.Pool,
  selection: Pick<CheckedSelection, 'catalogue' | 'results'>,
  obsid: number,
  owner: Owner,
): Promise<boolean> {
  const key = { results: selection.results.key, obsid };
  return inTransaction(pool, (client) => releaseSceneIn(client, selection.catalogue.key, key, owner));
}

/** `releaseScene` within a transaction of the caller's. `catalogueKey` must be a `Table.key`. */
export async function releaseSceneIn(
  client: pg.ClientBase,
  catalogueKey: string,
  key: ExtractionKey,
  owner: Owner,
): Promise<boolean> {
  const holder = [key.results, key.obsid, owner.workflowId, owner.runId];
  const [held] = await query<{ statusIn: StatusIn }>(client, LET_GO, holder);
  if (held === undefined) return false;
  if (held.statusIn === 'catalogue')
    await execute(client, GIVE_BACK_OURS(catalogueKey), [key.obsid, key.results]);
  return true;
}
