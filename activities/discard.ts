/** Removes a scene's scratch files, unless another run has staged it here meanwhile. */
import { ScratchDamaged } from '../extraction/scratch/scratch-file.js';
import { StagedScene } from '../extraction/scratch/staged-scene.js';
import type { SceneTask } from './contract.js';
import type { StepContext } from './step-context.js';
import type { HostDependencies } from './dependencies.js';

export async function discard(
  _context: StepContext,
  dependencies: HostDependencies,
  task: SceneTask,
): Promise<void> {
  const folder = dependencies.scratch.sceneFolder(task.order.tables.results, task.scene.obsid);
  // Where the label can't be read, nobody can tell whose the folder is: it is made again.
  const label = await new StagedScene(folder).readLabel().catch((error: unknown) => {
    if (error instanceof ScratchDamaged) return undefined;
    throw error;
  });
  if (label && label.runId !== task.owner.runId) return;
  await dependencies.scenes.forget(folder);
  await dependencies.scratch.removeFolder(folder);
}
