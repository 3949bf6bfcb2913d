/** Gives a scene back to `ingested`; what is stored of it stays and counts when it is taken up again. */
import { releaseScene } from '../database/ledger/release.js';
import type { SceneTask } from './contract.js';
import type { Run } from './run.js';
import { type CatalogueSite } from './site.js';
import { selectionOf } from '../campaigns/order.js';

export async function release(_run: Run, site: CatalogueSite, task: SceneTask): Promise<void> {
  const selection = await site.selections.check(selectionOf(task.order));
  await releaseScene(site.pool, selection, task.scene.obsid, task.owner);
}
