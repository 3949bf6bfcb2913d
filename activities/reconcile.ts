/** Gives scenes back whose owner no longer runs: terminated, lost with a Temporal database, or crashed long ago. */
import { freeClaims, type HeldClaim, heldClaims } from '../catalogue/reconcile.js';
import type { Run } from './run.js';
import type { CatalogueSite } from './site.js';

/** Owners of this kind are commands somebody runs by hand; Temporal knows nothing of them. */
export const HAND_OWNER = 'extract/';
/** A command by hand has so long before its claim counts as left behind. */
const HAND_HOURS = 6;

/** @returns the claims that were given back; what was stored for them stays and counts. */
export async function reconcile(run: Run, site: CatalogueSite): Promise<HeldClaim[]> {
  const orphans: HeldClaim[] = [];
  for (const claim of await heldClaims(site.pool)) {
    run.signal.throwIfAborted();
    const running = claim.owner.workflowId.startsWith(HAND_OWNER)
      ? Date.now() - Date.parse(`${claim.claimedAt}Z`) < HAND_HOURS * 3_600_000
      : await site.temporal.isRunning(claim.owner);
    if (!running) orphans.push(claim);
  }
  return await freeClaims(site.pool, orphans);
}
