/** A page of the scenes that are still to be extracted. */
import type { Order, SceneRef } from '../campaigns/order.js';
import type { ScenePage } from './contract.js';
import type { StepContext } from './step-context.js';
import { type DatabaseDependencies } from './dependencies.js';
import { selectionOf } from '../campaigns/order.js';
import { listWaiting } from '../campaigns/waiting.js';

export async function listScenes(
  _context: StepContext,
  dependencies: DatabaseDependencies,
  order: Order,
  after: SceneRef | null,
  limit: number,
): Promise<ScenePage> {
  const selection = await dependencies.selections.check(selectionOf(order));
  const scenes = await listWaiting(dependencies.pool, selection, order, after ?? undefined, limit);
  return {
    scenes: scenes.map(({ obsid, reference, obstime }) => ({ obsid, reference, obstime })),
    last: scenes.length < limit,
  };
}
