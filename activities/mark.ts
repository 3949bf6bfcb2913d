/** Ends a scene: `extracted` once the ledger is complete, or a word that says why not. */
import { markExtracted, markScene } from '../database/ledger/mark.js';
import type { MarkedScene, SceneTask, Verdict } from './contract.js';
import type { StepContext } from './step-context.js';
import { type DatabaseDependencies } from './dependencies.js';
import { selectionOf } from '../campaigns/order.js';

/** @throws ClaimLost, LedgerIncomplete */
export async function mark(
  _context: StepContext,
  dependencies: DatabaseDependencies,
  task: SceneTask,
  verdict: Verdict | null,
): Promise<MarkedScene | null> {
  const { order, scene, owner } = task;
  const selection = await dependencies.selections.check(selectionOf(order));
  if (verdict === null) return await markExtracted(dependencies.pool, selection, scene.obsid, owner);
  await markScene(dependencies.pool, selection, scene.obsid, owner, verdict.status, verdict.reason);
  return null;
}
