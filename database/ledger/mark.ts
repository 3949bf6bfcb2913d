/** The end of an extraction: `extracted`, or a word that says why not. */
import type pg from 'pg';
import type { CheckedSelection } from '../selection/check.js';
import { DatabaseSetupError, ClaimLost, LedgerIncomplete } from '../session/errors.js';
import { IS_CLEAR } from './layer-names.js';
import { giveUpLacking } from './lacking.js';
import { WHOLE } from './layers.js';
import { execute, inTransaction, query } from '../session/session.js';
import { lockAcquisition, markSuperseded, SUPERSEDED } from './supersession.js';
import type { Accounts, ExtractionKey, Owner, StatusIn, Table } from '../terms.js';

type Where = Pick<CheckedSelection, 'catalogue' | 'results'>;

/** The end excludes everything else, chunks being stored too. */
const LOCK = `
  SELECT status, accounts, status_in AS "statusIn" FROM parcelwise.extraction
  WHERE (results_table, obsid, owner_workflow, owner_run) = ($1, $2, $3, $4) FOR UPDATE`;

/** Rows of layers that were stored since the scene was claimed, and those that layers were given of parcels skipped before. */
const STORED_SINCE = (which: string) => `coalesce((
           SELECT sum(CASE WHEN coalesce(y.stored_at, o.stored_at) >= min(e.claimed_at) THEN y.rows
                           WHEN y.filled_at >= min(e.claimed_at) THEN y.filled END)
           FROM parcelwise.stored_layer y JOIN parcelwise.ledger o USING (results_table, obsid, chunk)
           WHERE (y.results_table, y.obsid) = ($1, $2) AND ${which}), 0)::float8`;

const PROGRESS = `
  SELECT count(*)::integer AS planned, count(l.chunk) FILTER (WHERE ${WHOLE})::integer AS stored,
         coalesce(sum(l.parcels), 0)::integer AS parcels, coalesce(sum(l.rows), 0)::float8 AS rows,
         coalesce(sum(l.hists), 0)::integer AS hists,
         CASE WHEN bool_or(e.clear_bands <> '{}') THEN coalesce(sum(l.clear), 0)::float8 END AS clear,
         ${STORED_SINCE(`NOT ${IS_CLEAR('y.layer')}`)} AS fresh, ${STORED_SINCE(IS_CLEAR('y.layer'))} AS "freshClear"
  FROM parcelwise.plan p JOIN parcelwise.extraction e USING (results_table, obsid)
  LEFT JOIN parcelwise.ledger l USING (results_table, obsid, chunk)
  WHERE (p.results_table, p.obsid) = ($1, $2)`;

const GAPS = `
  SELECT band, reason, sum(cardinality(pids))::integer AS parcels FROM parcelwise.gap
  WHERE (results_table, obsid) = ($1, $2) GROUP BY band, reason ORDER BY band, reason`;

const WITHOUT_VALUE = `
  SELECT layer, reason, sum(pixels::float8) AS pixels
  FROM parcelwise.stored_layer y CROSS JOIN LATERAL jsonb_each_text(y.without_value) AS told (reason, pixels)
  WHERE (y.results_table, y.obsid) = ($1, $2) GROUP BY layer, reason ORDER BY layer, reason`;

/** Without a chunk stored, another results table's extraction may keep the scene's histograms and clear rows in the same tables. */
const FINISH = `
  UPDATE parcelwise.extraction
  SET status = $3, reason = $4, accounts = $5, finished_at = now(), hists_table = CASE WHEN $6 THEN hists_table END,
      clear_table = CASE WHEN $6 THEN clear_table END,
      word = CASE WHEN status_in = 'catalogue' THEN $3 END, facts = facts - 'adding'
  WHERE (results_table, obsid) = ($1, $2)`;

/** The claim's owner decides on the word, even where somebody has meddled with it. */
const MARK = ({ catalogue }: Where) => `UPDATE ${catalogue.key} SET status = $2 WHERE id = $1`;

/** How far an extraction is. */
export interface Progress {
  readonly planned: number;
  readonly stored: number;
  readonly accounts: Accounts;
  /** Rows of the chunks that were stored since the scene was claimed last; the others stood there. */
  readonly fresh: number;
  /** The same of clear rows. */
  readonly freshClear: number;
}

/** Chunks planned and stored of a scene, and the accounts of those stored. */
export async function readProgress(
  database: pg.Pool | pg.ClientBase,
  { results }: { readonly results: Pick<Table, 'key'> },
  obsid: number,
): Promise<Progress> {
  const key = [results.key, obsid];
  type Sums = Omit<Accounts, 'gaps' | 'clear' | 'withoutValue'> &
    Omit<Progress, 'accounts'> & { readonly clear: number | null };
  const [sums] = await query<Sums>(database, PROGRESS, key);
  if (sums === undefined) throw new Error('an aggregate without a row');
  const { planned, stored, fresh, freshClear, clear, ...counts } = sums;
  const gaps: Record<string, Record<string, number>> = {};
  for (const { band, reason, parcels } of await query<{ band: string; reason: string; parcels: number }>(
    database,
    GAPS,
    key,
  )) {
    (gaps[band] ??= {})[reason] = parcels;
  }
  const withoutValue: Record<string, Record<string, number>> = {};
  for (const { layer, reason, pixels } of await query<{ layer: string; reason: string; pixels: number }>(
    database,
    WITHOUT_VALUE,
    key,
  )) {
    (withoutValue[layer] ??= {})[reason] = pixels;
  }
  const accounts = {
    ...{ ...counts, ...(clear !== null && { clear }), gaps },
    ...(Object.keys(withoutValue).length > 0 && { withoutValue }),
  };
  return { planned, stored, fresh, freshClear, accounts };
}

/** A scene's accounts, and how many of its rows its last claim has stored; the others stood there before. */
export interface Marked extends Accounts {
  readonly fresh: number;
  /** The same of clear rows, left out where it has stored none. */
  readonly freshClear?: number | undefined;
}

/**
 * Marks a scene `extracted`, and returns its accounts. Asking again as the same owner gives them again.
 * @throws LedgerIncomplete while chunks are missing, or there is no plan; ClaimLost when the owner holds it no more.
 */
export async function markExtracted(
  pool: pg.Pool,
  selection: Where,
  obsid: number,
  owner: Owner,
): Promise<Marked> {
  const accounts = await finish(pool, selection, obsid, owner, 'extracted', async (client, key) => {
    const progress = await readProgress(client, selection, obsid);
    const { planned, stored } = progress;
    if (planned === 0 || stored < planned) throw new LedgerIncomplete(key, planned - stored, planned);
    return { reason: null, accounts: progress.accounts, stored };
  });
  const { fresh, freshClear } = await readProgress(pool, selection, obsid);
  return { ...(accounts ?? NOTHING), fresh, ...(freshClear > 0 && { freshClear }) };
}

/** CbM's column is varchar(24). */
const STATUS_LENGTH = 24;

const NOTHING: Accounts = { parcels: 0, rows: 0, hists: 0, gaps: {} };

/**
 * Ends an extraction with a word that says why it has no rows (`no_parcels`, `B08 notfound`), and the reason in a
 * sentence. Asking again as the same owner is harmless. Where all of it was extracted before and layers were to be added of which
 * none is stored, it is `extracted` as before, and the reason says why they are not added.
 * @throws ClaimLost when the owner holds the scene no more.
 */
export async function markScene(
  pool: pg.Pool,
  selection: Where,
  obsid: number,
  owner: Owner,
  status: string,
  reason: string,
): Promise<void> {
  if (status === '' || status.length > STATUS_LENGTH || status === 'ingested' || status === 'inprogress') {
    throw new DatabaseSetupError(
      `"${status}" can't end an extraction`,
      `Use a word of at most ${STATUS_LENGTH} letters`,
    );
  }
  await finish(pool, selection, obsid, owner, status, async (client) => {
    const stands = await giveUpLacking(client, [selection.results.key, obsid]);
    const { planned, stored, fresh, accounts } = await readProgress(client, selection, obsid);
    const end = { reason, accounts: planned === 0 ? null : accounts, stored };
    if (!stands || status === SUPERSEDED) return end;
    const added = fresh > 0 ? 'not all was added' : 'nothing was added';
    return { ...end, status: 'extracted', reason: `${added} (${status}): ${reason}` };
  });
}

interface End {
  /** Where it is another than the one that was asked for. */
  readonly status?: 'extracted';
  readonly reason: string | null;
  readonly accounts: Accounts | null;
  readonly stored: number;
}

interface Locked {
  readonly status: string;
  readonly accounts: Accounts | null;
  readonly statusIn: StatusIn;
}

function finish(
  pool: pg.Pool,
  selection: Where,
  obsid: number,
  owner: Owner,
  status: string,
  decide: (client: pg.ClientBase, key: ExtractionKey) => Promise<End>,
): Promise<Accounts | null> {
  const key = { results: selection.results.key, obsid };
  const isExtracted = status === 'extracted';
  return inTransaction(pool, async (client) => {
    if (isExtracted) await lockAcquisition(client, selection.catalogue, obsid);
    const values = [key.results, obsid, owner.workflowId, owner.runId];
    const [row] = await query<Locked>(client, LOCK, values);
    // The owner may have asked for another word, and its rows stood.
    if (row?.status === status || row?.status === 'extracted') return row.accounts;
    if (row?.status !== 'inprogress') throw new ClaimLost(key, owner);
    const { reason, accounts, stored, status: word = status } = await decide(client, key);
    const json = accounts === null ? null : JSON.stringify(accounts);
    await client.query(FINISH, [key.results, obsid, word, reason, json, stored > 0]);
    if (isExtracted) await markSuperseded(client, selection, obsid);
    if (row.statusIn === 'catalogue' && (await execute(client, MARK(selection), [obsid, word])) === 0) {
      throw new DatabaseSetupError(
        `scene ${obsid} is gone from ${selection.catalogue.key}`,
        'Rows of the catalogue must never be deleted',
      );
    }
    return accounts;
  });
}
