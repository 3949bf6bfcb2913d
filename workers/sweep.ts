/**
 * Scratch folders of scenes that run no more, here or anywhere: cancelled in the middle of a download, taken over by
 * another host, left by a process that died. They leave their disk space, memory and place to others.
 */
import type { HostSite } from '../activities/site.js';
import { StagedScene } from '../extraction/staged-scene.js';
import { sceneId } from '../workflows/ids.js';
import type { Log } from './log.js';

const SWEEP_EVERY_MS = 30_000;

type Swept = Pick<HostSite, 'scratch' | 'scenes' | 'temporal'>;

/** @throws what keeps Temporal from being asked; nothing is removed on a guess. */
export async function sweep({ scratch, scenes, temporal }: Swept, log: Log): Promise<void> {
  for (const folder of await scratch.stagedFolders()) {
    const label = await new StagedScene(folder).readLabel();
    const owner = label && { workflowId: sceneId(label.results, label.obsid), runId: label.runId };
    if (owner && (await temporal.isRunning(owner))) continue;
    log.info(`sweeping scratch files of ${label ? label.reference : 'a scene without a label'}`);
    await scenes.forget(folder);
    await scratch.removeFolder(folder);
  }
}

/** Sweeps now, and again every half minute until the returned function is called. */
export async function keepSwept(site: Swept, log: Log): Promise<() => Promise<void>> {
  await sweep(site, log);
  let sweeping = Promise.resolve();
  const timer = setInterval(() => {
    sweeping = sweeping
      .then(() => sweep(site, log))
      .catch((error: unknown) => {
        // Temporal may be away for a while; what lies here can wait.
        log.debug(`scratch files were not swept: ${String(error)}`);
      });
  }, SWEEP_EVERY_MS);
  return async () => {
    clearInterval(timer);
    await sweeping;
  };
}
