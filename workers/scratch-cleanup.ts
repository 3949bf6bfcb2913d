/**
 * Scratch folders of scenes that run no more, here or anywhere: cancelled in the middle of a download, taken over by
 * another host, left by a process that died. They leave their disk space, memory and place to others.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { HostDependencies } from '../activities/dependencies.js';
import { ScratchDamaged } from '../extraction/scratch/scratch-file.js';
import { type Label, StagedScene } from '../extraction/scratch/staged-scene.js';
import { sceneId } from '../workflows/ids.js';
import type { Log } from '../telemetry/log.js';

const CLEAN_EVERY_MS = 30_000;
/** How long the end of a worker waits for a clean-up, which waits for Temporal. */
const LONGEST_WAIT_MS = 2_000;

type Cleaned = Pick<HostDependencies, 'scratch'> & {
  readonly scenes: Pick<HostDependencies['scenes'], 'forget'>;
  readonly temporal: Pick<HostDependencies['temporal'], 'stateOf'>;
};

/** @throws what keeps Temporal from being asked; nothing is removed on a guess. */
export async function cleanScratch({ scratch, scenes, temporal }: Cleaned, log: Log): Promise<void> {
  await scratch.setStrangersAside();
  for (const folder of await scratch.stagedFolders()) {
    // A scene that is being staged has no label for a moment.
    if (scratch.inUse.isBusy(folder)) continue;
    const label = await readLabel(scratch, folder);
    const owner = label && { workflowId: sceneId(label.results, label.obsid), runId: label.runId };
    if (owner && (await temporal.stateOf(owner)) === 'running') {
      // Its memory is for those at work; should it be asked for again, it is opened again.
      if (scratch.inUse.isAtRest(folder)) await scenes.forget(folder);
      continue;
    }
    if (scratch.inUse.isBusy(folder)) continue;
    log.info(`removing scratch files of ${label ? label.reference : 'a scene without a label'}`);
    await scenes.forget(folder);
    await scratch.removeFolder(folder);
  }
}

/** What can't be read is set aside; the folder is then one without a label. */
async function readLabel(scratch: Cleaned['scratch'], folder: string): Promise<Label | undefined> {
  try {
    return await new StagedScene(folder).readLabel();
  } catch (error) {
    if (!(error instanceof ScratchDamaged)) throw error;
    await scratch.setAside(error.path, error.why);
    return undefined;
  }
}

/**
 * Cleans up now, and again every half minute until the returned function is called. Where Temporal is away, or a file can't be
 * moved, what lies here waits.
 */
export function keepScratchClean(dependencies: Cleaned, log: Log): () => Promise<void> {
  let stopped = false;
  let cleaning = Promise.resolve();
  const look = (): void => {
    cleaning = cleaning
      .then(() => (stopped ? undefined : cleanScratch(dependencies, log)))
      .catch((error: unknown) => {
        log.debug(`scratch files were not cleaned up: ${String(error)}`);
      });
  };
  look();
  const timer = setInterval(look, CLEAN_EVERY_MS);
  return async () => {
    stopped = true;
    clearInterval(timer);
    await Promise.race([cleaning, sleep(LONGEST_WAIT_MS, undefined, { ref: false })]);
  };
}
