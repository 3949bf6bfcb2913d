/** Gives a scene back to `ingested`; what is stored of it stays and counts when it is taken up again. */
import { releaseScene } from '../database/ledger/release.js';
import type { SceneTask } from './contract.js';
import type { StepContext } from './step-context.js';
import { type DatabaseDependencies } from './dependencies.js';
import { selectionOf } from '../campaigns/order.js';

export async function release(
  _context: StepContext,
  dependencies: DatabaseDependencies,
  task: SceneTask,
): Promise<void> {
  const selection = await dependencies.selections.check(selectionOf(task.order));
  await releaseScene(dependencies.pool, selection, task.scene.obsid, task.owner);
}
