/** What became of one scene in one results table, for people: who has it, how far it is, why it ended as it did. */
import type pg from 'pg';
import type { CheckedSelection } from './check.js';
import { CatalogueError } from './errors.js';
import { readProgress } from './mark.js';
import type { Progress } from './mark.js';
import { getScene } from './scenes.js';
import { execute, inTransaction, query } from './session.js';
import type { Database } from './session.js';
import type { ExtractionKey, Owner } from './terms.js';

export interface Extraction extends ExtractionKey, Progress {
  readonly card: string;
  readonly campaign: string;
  readonly bands: readonly string[];
  /** As the catalogue's word; `ingested` after a release. */
  readonly status: string;
  readonly reason: string | null;
  /** The owner, or the last one. */
  readonly owner: Owner;
  /** UTC, ISO 8601 without zone. */
  readonly claimedAt: string;
  readonly finishedAt: string | null;
}

const READ = `
  SELECT results_table AS results, obsid, card, campaign, bands, status, reason,
         json_build_object('workflowId', owner_workflow, 'runId', owner_run) AS owner,
         to_char(claimed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS') AS "claimedAt",
         to_char(finished_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS') AS "finishedAt"
  FROM parcelwise.extraction WHERE (results_table, obsid) = ($1, $2)`;

/** The extraction of a scene with its progress; undefined where the scene was never claimed for this results table. */
export async function readExtraction(
  database: Database,
  selection: Pick<CheckedSelection, 'results'>,
  obsid: number,
): Promise<Extraction | undefined> {
  const [row] = await query<Omit<Extraction, keyof Progress>>(database, READ, [selection.results.key, obsid]);
  return row === undefined ? undefined : { ...row, ...(await readProgress(database, selection, obsid)) };
}

/** A word that says why not, and only that: what is in progress or extracted stays as it is. */
const REOPEN = ({ catalogue }: Pick<CheckedSelection, 'catalogue'>) => `
  UPDATE ${catalogue.key} SET status = 'ingested' WHERE id = $1 AND status NOT IN ('ingested', 'inprogress', 'extracted')`;

/**
 * Makes a scene that ended without rows (`B08 notfound`) `ingested` again, so that the next campaign takes it up. One that
 * is `ingested` already stays so.
 * @throws CatalogueError where the scene is in progress or extracted.
 */
export function reopenScene(
  pool: pg.Pool,
  selection: Pick<CheckedSelection, 'catalogue'>,
  obsid: number,
): Promise<void> {
  return inTransaction(pool, async (client) => {
    if ((await execute(client, REOPEN(selection), [obsid])) === 1) return;
    const { status } = await getScene(client, selection, obsid);
    if (status === 'ingested') return;
    throw new CatalogueError(
      `scene ${obsid} is ${status}`,
      status === 'extracted'
        ? 'Its rows are stored; there is nothing to do again'
        : 'Release it first, if nobody works on it',
    );
  });
}
