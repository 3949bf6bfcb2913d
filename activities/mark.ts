/** Ends a scene: `extracted` once the ledger is complete, or a word that says why not. */
import { markExtracted, markScene } from '../database/ledger/mark.js';
import type { MarkedScene, SceneTask, Verdict } from './contract.js';
import type { Run } from './run.js';
import { type CatalogueSite } from './site.js';
import { selectionOf } from '../campaigns/order.js';

/** @throws ClaimLost, LedgerIncomplete */
export async function mark(
  _run: Run,
  site: CatalogueSite,
  task: SceneTask,
  verdict: Verdict | null,
): Promise<MarkedScene | null> {
  const { order, scene, owner } = task;
  const selection = await site.selections.check(selectionOf(order));
  if (verdict === null) return await markExtracted(site.pool, selection, scene.obsid, owner);
  await markScene(site.pool, selection, scene.obsid, owner, verdict.status, verdict.reason);
  return null;
}
