/** A page of the scenes that are still to be extracted. */
import type { Order, SceneRef } from '../campaigns/order.js';
import type { ScenePage } from './contract.js';
import type { Run } from './run.js';
import { type CatalogueSite } from './site.js';
import { selectionOf } from '../campaigns/order.js';
import { listWaiting } from '../campaigns/waiting.js';

export async function listScenes(
  _run: Run,
  site: CatalogueSite,
  order: Order,
  after: SceneRef | null,
  limit: number,
): Promise<ScenePage> {
  const selection = await site.selections.check(selectionOf(order));
  const scenes = await listWaiting(site.pool, selection, order, after ?? undefined, limit);
  return {
    scenes: scenes.map(({ obsid, reference, obstime }) => ({ obsid, reference, obstime })),
    last: scenes.length < limit,
  };
}
