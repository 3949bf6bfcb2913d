/** Takes a scene for its workflow, and sees whether a newer product should be extracted instead, and any parcel lies under it. */
import { cardType } from '../cards/index.js';
import { claimScene } from '../catalogue/claim.js';
import { hasParcels } from '../catalogue/parcels.js';
import { inFavourOf, SUPERSEDED } from '../catalogue/supersession.js';
import type { ClaimOutcome, SceneTask } from './contract.js';
import type { Run } from './run.js';
import { type CatalogueSite, selectionOf } from './site.js';

export async function claim(_run: Run, site: CatalogueSite, task: SceneTask): Promise<ClaimOutcome> {
  const { order, scene, owner, campaign } = task;
  const selection = await site.selections.check(selectionOf(order));
  const card = cardType(order.card);
  const claim = await claimScene(site.pool, selection, scene.obsid, owner, {
    campaign,
    bands: order.bands,
    renew: order.changedOnly,
    ...(card.classBand !== undefined && { classBand: card.bandName(card.classBand, order.bandNames) }),
  });
  if (!claim.claimed)
    return { claimed: false, status: claim.status ?? 'not in the catalogue', owner: claim.owner };
  const held = { claimed: true, bands: claim.bands } as const;
  const newer = await inFavourOf(site.pool, selection, scene.obsid);
  if (newer === undefined) return { ...held, parcels: await hasParcels(site.pool, selection, scene.obsid) };
  const { obsid, reference } = newer;
  const reason = `scene ${obsid} is a newer product of the same acquisition: ${reference}`;
  return { ...held, parcels: true, verdict: { status: SUPERSEDED, reason } };
}
