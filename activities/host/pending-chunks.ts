/** Which chunks of a scene that was planned before are still to be extracted. */
import { bandsWithSkipped } from '../../campaigns/waiting.js';
import type { Order } from '../../campaigns/order.js';
import { type Lacking, lackingChunks } from '../../database/ledger/lacking.js';
import { originOf } from '../../database/ledger/origin.js';
import { isPlannedFrom, storedChunks } from '../../database/ledger/plan.js';
import { listedParcels } from '../../database/ledger/renewal.js';
import type { CheckedSelection } from '../../database/selection/check.js';
import type { Database } from '../../database/session/session.js';
import type { Chunk } from '../../database/terms.js';
import type { PendingChunk } from '../../extraction/pending-parcels.js';

/**
 * Whether all of a plan is stored, and nothing but layers or parcels that were skipped is added to its chunks: then planning
 * leaves it as it is, whatever has become of the parcels.
 */
export function isAddedTo(
  plan: readonly Chunk[],
  lacking: ReadonlyMap<number, Lacking>,
  stored: readonly number[],
): boolean {
  return lacking.size > 0 && plan.every(({ chunk }) => lacking.has(chunk) || stored.includes(chunk));
}

/** Those of a plan that are not stored, or lack something. */
export function unfinished(
  plan: readonly Chunk[],
  lacking: ReadonlyMap<number, Lacking>,
  stored: readonly number[],
): Chunk[] {
  const done = new Set(stored);
  return plan.filter(({ chunk }) => !done.has(chunk) || lacking.has(chunk));
}

/**
 * Those with what they lack; undefined where the plan is of other parcels and planning will add to
 * it what can't be told yet.
 * @param parcelSet fingerprint of the parcels
 */
export async function pendingChunks(
  pool: Database,
  selection: CheckedSelection,
  order: Order,
  obsid: number,
  plan: readonly Chunk[],
  parcelSet: string,
): Promise<PendingChunk[] | undefined> {
  const lacking = await lackingChunks(pool, selection, obsid, bandsWithSkipped(order));
  const stored = await storedChunks(pool, selection, obsid);
  if (!isAddedTo(plan, lacking, stored)) {
    const origin = await originOf(pool, selection, obsid, parcelSet);
    if (!(await isPlannedFrom(pool, selection, obsid, origin))) return undefined;
  }
  const pending = unfinished(plan, lacking, stored);
  const listed = await listedParcels(
    pool,
    selection,
    obsid,
    pending.map(({ chunk }) => chunk),
  );
  return pending.map((chunk) => ({
    ...chunk,
    only: lacking.get(chunk.chunk)?.pids ?? listed[chunk.chunk],
    lacking: lacking.get(chunk.chunk),
  }));
}
