/** Gives scenes back whose owner no longer runs: terminated, lost with a Temporal database, or crashed long ago. */
import { freeClaims, type HeldClaim, heldClaims } from '../catalogue/reconcile.js';
import type { Run } from './run.js';
import type { CatalogueSite, TemporalSide } from './site.js';

/** Owners of this kind are commands somebody runs by hand; Temporal knows nothing of them. */
export const HAND_OWNER = 'extract/';
/** A command by hand has so long before its claim counts as left behind. */
const HAND_HOURS = 6;

/** What reconciling asks of the database and of Temporal. */
export type ReconcileSite = Pick<CatalogueSite, 'pool' | 'temporal'>;

/** @returns the claims that were given back; what was stored for them stays and counts. */
export async function reconcile(run: Run, site: ReconcileSite): Promise<HeldClaim[]> {
  const orphans: HeldClaim[] = [];
  for (const claim of await heldClaims(site.pool)) {
    run.signal.throwIfAborted();
    if (!(await ownerRuns(claim, site.temporal))) orphans.push(claim);
  }
  return await freeClaims(site.pool, orphans);
}

/** Whether anybody still works for a claim. */
export async function ownerRuns(
  { owner, claimedAt }: Pick<HeldClaim, 'owner' | 'claimedAt'>,
  temporal: Pick<TemporalSide, 'isRunning'>,
): Promise<boolean> {
  if (!owner.workflowId.startsWith(HAND_OWNER)) return await temporal.isRunning(owner);
  return Date.now() - Date.parse(`${claimedAt}Z`) < HAND_HOURS * 3_600_000;
}
