/** A step on a scene's scratch folder: while it works, the folder counts as in use. */
import { failureTypeOf } from '../../campaigns/failure-types.js';
import { StagedScene } from '../../extraction/scratch/staged-scene.js';
import type { SceneTask } from '../contract.js';
import type { StepContext } from '../step-context.js';
import type { HostDependencies } from '../dependencies.js';

type FolderStep<Task extends SceneTask, Result> = (
  context: StepContext,
  dependencies: HostDependencies,
  task: Task,
) => Promise<Result>;

export function inFolder<Task extends SceneTask, Result>(
  step: FolderStep<Task, Result>,
): FolderStep<Task, Result> {
  return async (context, dependencies, task) => {
    const folder = dependencies.scratch.sceneFolder(task.order.tables.results, task.scene.obsid);
    return await dependencies.scratch.inUse.during(folder, async () => {
      try {
        return await step(context, dependencies, task);
      } catch (error) {
        if (error instanceof Error && isOfCopy(error.name))
          await new StagedScene(folder).distrust().catch(() => undefined);
        throw error;
      }
    });
  };
}

/**
 * A copy that can't be read is fetched again, and never taken for good because it is there; one that lacks what is read of it
 * is fetched whole.
 */
function isOfCopy(errorName: string): boolean {
  return failureTypeOf(errorName) === 'BadRaster' || errorName === 'NotFetched';
}
