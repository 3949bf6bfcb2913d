/**
 * Claims: one scene, one owner. The catalogue's status word is the lock that every tool of CbM sees; who holds it, and
 * for which results table, stands in `parcelwise.extraction`.
 */
import type pg from 'pg';
import type { CheckedSelection } from './check.js';
import { ClaimLost } from './errors.js';
import { execute, inTransaction, query } from './session.js';
import type { ExtractionKey, Owner } from './terms.js';

export interface ClaimFor {
  /** Campaign the scene is claimed for, by name. */
  readonly campaign: string;
  /** Names of the bands, as they will stand in the results. */
  readonly bands: readonly string[];
}

export type Claim =
  | {
      readonly claimed: true;
      /** Chunks of an earlier owner are stored and will be kept. */
      readonly resumed: boolean;
      /** The bands to extract: those asked for, or, where chunks are stored, those they were stored with. */
      readonly bands: readonly string[];
    }
  | {
      readonly claimed: false;
      /** The catalogue's status word; undefined where the row is gone. */
      readonly status: string | undefined;
      /** Who holds the scene, and for which results table, where that is known. */
      readonly owner?: Owner | undefined;
      readonly results?: string | undefined;
    };

/** The row count decides: of any number of callers one changes the row, the others find it changed. */
const TAKE = ({ catalogue }: Pick<CheckedSelection, 'catalogue'>) =>
  `UPDATE ${catalogue.key} SET status = 'inprogress' WHERE id = $1 AND status = 'ingested'`;

/** Waits for chunks that the former owner is storing, so that the next statement sees them. */
const WAIT = 'SELECT 1 FROM parcelwise.extraction WHERE (results_table, obsid) = ($1, $2) FOR UPDATE';

/**
 * Enters the new owner. Bands are fixed by the first chunk stored, or a resumed scene would have rows of some bands for
 * some of its parcels only.
 */
const ENTER = `
  INSERT INTO parcelwise.extraction AS e
    (results_table, obsid, catalogue_table, card, bands, campaign, status, owner_workflow, owner_run)
  VALUES ($1, $2, $3, $4, $5, $6, 'inprogress', $7, $8)
  ON CONFLICT (results_table, obsid) DO UPDATE SET
    catalogue_table = excluded.catalogue_table, card = excluded.card, campaign = excluded.campaign,
    bands = CASE WHEN EXISTS (SELECT FROM parcelwise.ledger l WHERE (l.results_table, l.obsid) = (e.results_table, e.obsid))
                 THEN e.bands ELSE excluded.bands END,
    status = 'inprogress', reason = NULL, owner_workflow = excluded.owner_workflow, owner_run = excluded.owner_run,
    claimed_at = now(), finished_at = NULL, accounts = NULL`;

/** What a caller who holds the claim gets to know. */
const HELD = `
  SELECT e.bands, EXISTS (SELECT FROM parcelwise.ledger l WHERE (l.results_table, l.obsid) = (e.results_table, e.obsid)) AS resumed
  FROM parcelwise.extraction e
  WHERE (results_table, obsid, owner_workflow, owner_run) = ($1, $2, $3, $4) AND status = 'inprogress'`;

/** Who holds a scene of the catalogue, for whichever results table. */
const HOLDER = ({ catalogue }: Pick<CheckedSelection, 'catalogue'>) => `
  SELECT s.status::text, e.results_table AS results, e.owner_workflow AS "workflowId", e.owner_run AS "runId"
  FROM ${catalogue.key} s
  LEFT JOIN parcelwise.extraction e ON e.catalogue_table = $2 AND e.obsid = s.id AND e.status = 'inprogress'
  WHERE s.id = $1 LIMIT 1`;

/**
 * Claims a scene that is `ingested`. Asking again as the same owner succeeds, so an activity may be retried when its
 * answer was lost; anyone else is refused and told who holds it.
 */
export function claimScene(
  pool: pg.Pool,
  selection: CheckedSelection,
  obsid: number,
  owner: Owner,
  { campaign, bands }: ClaimFor,
): Promise<Claim> {
  const { catalogue, results, card } = selection;
  return inTransaction(pool, async (client) => {
    if ((await execute(client, TAKE(selection), [obsid])) === 1) {
      await client.query(WAIT, [results.key, obsid]);
      const { workflowId, runId } = owner;
      await client.query(ENTER, [
        results.key,
        obsid,
        catalogue.key,
        card,
        bands,
        campaign,
        workflowId,
        runId,
      ]);
    }
    const [held] = await query<{ bands: string[]; resumed: boolean }>(client, HELD, [
      results.key,
      obsid,
      owner.workflowId,
      owner.runId,
    ]);
    if (held !== undefined) return { claimed: true, ...held };
    return refusal(client, selection, obsid);
  });
}

async function refusal(client: pg.ClientBase, selection: CheckedSelection, obsid: number): Promise<Claim> {
  const [row] = await query<{ status: string; results: string | null; workflowId: string; runId: string }>(
    client,
    HOLDER(selection),
    [obsid, selection.catalogue.key],
  );
  if (row === undefined || row.results === null) return { claimed: false, status: row?.status };
  const { status, results, workflowId, runId } = row;
  return { claimed: false, status, results, owner: { workflowId, runId } };
}

/** Only what the owner still holds is let go. */
const LET_GO = `
  UPDATE parcelwise.extraction SET status = 'ingested', finished_at = now()
  WHERE (results_table, obsid, owner_workflow, owner_run) = ($1, $2, $3, $4) AND status = 'inprogress'`;

const GIVE_BACK = (catalogueKey: string) =>
  `UPDATE ${catalogueKey} SET status = 'ingested' WHERE id = $1 AND status = 'inprogress'`;

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
  return inTransaction(pool, (client) => letGo(client, selection.catalogue.key, key, owner));
}

/** `releaseScene` within a transaction of the caller's. `catalogueKey` must be a `Table.key`. */
export async function letGo(
  client: pg.ClientBase,
  catalogueKey: string,
  key: ExtractionKey,
  owner: Owner,
): Promise<boolean> {
  const held = await execute(client, LET_GO, [key.results, key.obsid, owner.workflowId, owner.runId]);
  if (held === 0) return false;
  await execute(client, GIVE_BACK(catalogueKey), [key.obsid]);
  return true;
}

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
