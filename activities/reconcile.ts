/**
 * Gives scenes back whose owner no longer runs: terminated, lost with a Temporal database, or crashed long ago. An owner of
 * another server or namespace can't be asked for; it counts as at work while workers of its place renew their lease.
 */
import { ownerPlace } from '../database/leases/owners.js';
import { freeClaims, type HeldClaim, heldClaims } from '../database/ledger/reconcile.js';
import type { TemporalPlace } from '../database/leases/temporal-leases.js';
import type { StepContext } from './step-context.js';
import type { DatabaseDependencies, TemporalQueries } from './dependencies.js';

/** Owners of this kind are commands somebody runs by hand; Temporal knows nothing of them. */
export const HAND_OWNER = 'extract/';
/** The place of such commands: each is a namespace of its own, with a lease of its own. */
export const HAND_PLACE = 'by hand';
/** An owner without a place, of an earlier parcelwise, has so long where nobody knows it before it counts as left behind. */
const PLACELESS_HOURS = 6;

/** What reconciling asks of the database and of Temporal. */
export interface ReconcileDependencies {
  readonly pool: DatabaseDependencies['pool'];
  readonly temporal: Pick<TemporalQueries, 'stateOf' | 'lookUpPlace'>;
}

/** @returns the claims that were given back; what was stored for them stays and counts. */
export async function reconcile(
  context: StepContext,
  dependencies: ReconcileDependencies,
): Promise<HeldClaim[]> {
  const orphans: HeldClaim[] = [];
  const claims = await heldClaims(dependencies.pool);
  // Not before the claims are known: a server that took another's place meanwhile knows nothing of them.
  const here = await dependencies.temporal.lookUpPlace();
  for (const claim of claims) {
    context.signal.throwIfAborted();
    if ((await ownerState(claim, dependencies, here)) === 'ended') orphans.push(claim);
  }
  return await freeClaims(dependencies.pool, orphans);
}

/** `elsewhere`: of a place we can't ask, and as far as anybody can tell from here at work. */
export type OwnerState = 'runs' | 'ended' | 'elsewhere';

/** What has become of the owner of a claim. @throws where Temporal gives no answer, or one that was not understood. */
export async function ownerState(
  claim: Pick<HeldClaim, 'results' | 'obsid' | 'owner'>,
  { pool, temporal }: ReconcileDependencies,
  here: TemporalPlace,
): Promise<OwnerState> {
  const found = await ownerPlace(pool, claim, claim.owner, here);
  if (found === undefined) return 'ended';
  const { place, leased, othersLeased, claimedHours } = found;
  if (claim.owner.workflowId.startsWith(HAND_OWNER)) {
    const atWork = place === null ? claimedHours < PLACELESS_HOURS : leased;
    return atWork ? 'runs' : 'ended';
  }
  // A run's id is its own wherever it is: a server that knows it speaks the truth, whatever was noted.
  const state = await temporal.stateOf(claim.owner);
  if (state !== 'unknown') return state === 'running' ? 'runs' : 'ended';
  if (place === null) return othersLeased || claimedHours < PLACELESS_HOURS ? 'elsewhere' : 'ended';
  if (place.cluster === here.cluster && place.namespace === here.namespace) return 'ended';
  return leased ? 'elsewhere' : 'ended';
}

/** Whether anybody still works for a claim, as far as can be told from here. */
export async function ownerRuns(
  claim: Pick<HeldClaim, 'results' | 'obsid' | 'owner'>,
  dependencies: ReconcileDependencies,
): Promise<boolean> {
  return (await ownerState(claim, dependencies, await dependencies.temporal.lookUpPlace())) !== 'ended';
}
