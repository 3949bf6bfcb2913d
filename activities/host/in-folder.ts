/** A step on a scene's scratch folder: while it works, the folder counts as in use. */
import { StagedScene } from '../../extraction/scratch/staged-scene.js';
import type { SceneTask } from '../contract.js';
import type { Run } from '../run.js';
import type { HostSite } from '../site.js';

type FolderStep<Task extends SceneTask, Result> = (run: Run, site: HostSite, task: Task) => Promise<Result>;

/** A copy of which these are said is fetched again, and never taken for good because it is there. */
const BAD_COPY = new Set(['RasterError', 'BadScene']);

export function inFolder<Task extends SceneTask, Result>(
  step: FolderStep<Task, Result>,
): FolderStep<Task, Result> {
  return async (run, site, task) => {
    const folder = site.scratch.sceneFolder(task.order.tables.results, task.scene.obsid);
    return await site.scratch.inUse.during(folder, async () => {
      try {
        return await step(run, site, task);
      } catch (error) {
        if (error instanceof Error && BAD_COPY.has(error.name))
          await new StagedScene(folder).distrust().catch(() => undefined);
        throw error;
      }
    });
  };
}
