/** Finds out which parcels of an extracted scene were added or redrawn since, and plans chunks of these alone. */
import { planRenewal, type Renewal } from '../database/ledger/renewal.js';
import type { SceneTask } from './contract.js';
import type { Run } from './run.js';
import { type CatalogueSite } from './site.js';
import { selectionOf } from '../campaigns/order.js';

/** @throws ClaimLost */
export async function renew(
  _run: Run,
  site: CatalogueSite,
  { order, scene, owner }: SceneTask,
): Promise<Renewal> {
  const selection = await site.selections.check(selectionOf(order));
  return await planRenewal(site.pool, selection, scene.obsid, owner, order.chunkParcels);
}
