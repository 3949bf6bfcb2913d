/** Ends a scene: `extracted` once the ledger is complete, or a word that says why not. */
import { markExtracted, markScene } from '../database/ledger/mark.js';
import type { MarkedScene, SceneTask, TerminalStatus } from './contract.js';
import type { StepContext } from './step-context.js';
import { type DatabaseDependencies } from './dependencies.js';
import { selectionOf } from '../campaigns/order.js';

/** @throws ClaimLost, LedgerIncomplete */
export async function mark(
  _context: StepContext,
  dependencies: DatabaseDependencies,
  task: SceneTask,
  terminal: TerminalStatus | null,
): Promise<MarkedScene | null> {
  const { order, scene, owner } = task;
  const selection = await dependencies.selections.check(selectionOf(order));
  if (terminal === null) return await markExtracted(dependencies.pool, selection, scene.obsid, owner);
  await markScene(dependencies.pool, selection, scene.obsid, owner, terminal.status, terminal.reason);
  return null;
}
