/** Removes a scene's scratch files, unless another run has staged it here meanwhile. */
import { ScratchDamaged } from '../extraction/scratch/scratch-file.js';
import { StagedScene } from '../extraction/scratch/staged-scene.js';
import type { SceneTask } from './contract.js';
import type { Run } from './run.js';
import type { HostSite } from './site.js';

export async function discard(_run: Run, site: HostSite, task: SceneTask): Promise<void> {
  const folder = site.scratch.sceneFolder(task.order.tables.results, task.scene.obsid);
  // Where the label can't be read, nobody can tell whose the folder is: it is made again.
  const label = await new StagedScene(folder).readLabel().catch((error: unknown) => {
    if (error instanceof ScratchDamaged) return undefined;
    throw error;
  });
  if (label && label.runId !== task.owner.runId) return;
  await site.scenes.forget(folder);
  await site.scratch.removeFolder(folder);
}
