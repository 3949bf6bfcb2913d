/** A page of the scenes that are still to be extracted. */
import { listScenes as readScenes } from '../catalogue/scenes.js';
import type { Order, ScenePage, SceneRef } from './contract.js';
import type { Run } from './run.js';
import { type CatalogueSite, selectionOf } from './site.js';

export async function listScenes(
  _run: Run,
  site: CatalogueSite,
  order: Order,
  after: SceneRef | null,
  limit: number,
): Promise<ScenePage> {
  const selection = await site.selections.check(selectionOf(order));
  const scenes = await readScenes(site.pool, selection, after ?? undefined, limit);
  return {
    scenes: scenes.map(({ obsid, reference, obstime }) => ({ obsid, reference, obstime })),
    last: scenes.length < limit,
  };
}
