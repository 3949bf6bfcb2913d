/** Takes a scene for its workflow, and sees whether a newer product should be extracted instead, and any parcel lies under it. */
import type pg from 'pg';
import { otherNamesOf } from '../campaigns/name-layers.js';
import { classBandOf, clearBandsOf, defaultClear, ruleOf } from '../campaigns/rule.js';
import type { CheckedSelection } from '../database/selection/check.js';
import { claimScene } from '../database/ledger/claim.js';
import { recordFacts } from '../database/scenes/facts.js';
import { originOf } from '../database/ledger/origin.js';
import { hasParcels } from '../database/parcels/parcels.js';
import type { TemporalPlace } from '../database/leases/temporal-leases.js';
import { inSnapshot } from '../database/session/session.js';
import { supersedingScene, SUPERSEDED } from '../database/ledger/supersession.js';
import { NONE_UNDER_IT, type Owner } from '../database/terms.js';
import type { ClaimOutcome, SceneTask, TerminalStatus } from './contract.js';
import { HAND_PLACE } from './reconcile.js';
import type { StepContext } from './step-context.js';
import { type DatabaseDependencies } from './dependencies.js';
import { selectionOf } from '../campaigns/order.js';

export async function claim(
  _context: StepContext,
  dependencies: DatabaseDependencies,
  task: SceneTask,
): Promise<ClaimOutcome> {
  const { order, scene, owner, campaign } = task;
  const selection = await dependencies.selections.check(selectionOf(order));
  const claim = await claimScene(dependencies.pool, selection, scene.obsid, owner, {
    campaign,
    bands: order.bands,
    classBand: classBandOf(order),
    clearBands: clearBandsOf(order),
    rule: ruleOf(order),
    clearRule: order.clear ?? defaultClear(order.card),
    renew: order.changedOnly,
    add: order.add,
    otherNames: order.add === true ? otherNamesOf(order) : undefined,
    withSkipped: order.skipCloudy !== true,
    place: dependencies.temporal.place(),
  });
  if (!claim.claimed) {
    const { status = 'not in the catalogue', owner } = claim;
    const where = elsewhere(claim.place, dependencies.temporal.place());
    return { claimed: false, status, owner, ...(where !== undefined && { elsewhere: where }) };
  }
  const { bands, clearBands } = claim;
  // What is stored has been measured by these, whatever has become of the configuration.
  const indices = claim.indices && { ...order.indices, ...claim.indices };
  const held = {
    claimed: true as const,
    bands,
    ...(clearBands && { clearBands }),
    ...(indices && { indices }),
  };
  const newer = await supersedingScene(dependencies.pool, selection, scene.obsid);
  if (newer !== undefined) {
    const { obsid, reference } = newer;
    const reason = `scene ${obsid} is a newer product of the same acquisition: ${reference}`;
    return { ...held, parcels: true, ...endingIn({ status: SUPERSEDED, reason }) };
  }
  const parcels = await meetsParcels(dependencies.pool, selection, scene.obsid, owner);
  // A scene that has rows keeps them, and is compared, whatever has become of its parcels.
  if (claim.resumed) return { ...held, parcels: true };
  if (parcels || order.changedOnly !== true) return { ...held, parcels };
  return { ...held, parcels, ...endingIn(NONE_UNDER_IT) };
}

/** Under its name of 0.1.0 too, by which workflow code of before still asks for it. */
function endingIn(terminal: TerminalStatus): { terminal: TerminalStatus; verdict: TerminalStatus } {
  return { terminal, verdict: terminal };
}

/** Scenes of one table have one workflow id on every server: the id alone would name a workflow of ours. */
function elsewhere(place: TemporalPlace | undefined, here: TemporalPlace): string | undefined {
  if (place === undefined || place.cluster === HAND_PLACE) return undefined;
  if (place.cluster === here.cluster && place.namespace === here.namespace) return undefined;
  return `namespace ${place.namespace} of the Temporal server ${place.cluster}`;
}

/** Notes of which version of the parcels there are none, so that the scene is looked at again when there is another. */
async function meetsParcels(
  pool: pg.Pool,
  selection: CheckedSelection,
  obsid: number,
  owner: Owner,
): Promise<boolean> {
  if (await hasParcels(pool, selection, obsid)) return true;
  const origin = await inSnapshot(pool, async (client) =>
    (await hasParcels(client, selection, obsid)) ? undefined : originOf(client, selection, obsid),
  );
  if (origin === undefined) return true;
  const { parcelSet } = origin;
  await recordFacts(pool, selection, obsid, owner, { parcelSet, footprint: origin.selection.footprint });
  return false;
}
