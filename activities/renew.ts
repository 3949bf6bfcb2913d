/** Finds out which parcels of an extracted scene were added or redrawn since, and plans chunks of these alone. */
import { planRenewal, type Renewal } from '../database/ledger/renewal.js';
import type { SceneTask } from './contract.js';
import type { StepContext } from './step-context.js';
import { type DatabaseDependencies } from './dependencies.js';
import { selectionOf } from '../campaigns/order.js';

/** @throws ClaimLost */
export async function renew(
  _context: StepContext,
  dependencies: DatabaseDependencies,
  { order, scene, owner }: SceneTask,
): Promise<Renewal> {
  const selection = await dependencies.selections.check(selectionOf(order));
  return await planRenewal(dependencies.pool, selection, scene.obsid, owner, order.chunkParcels);
}
