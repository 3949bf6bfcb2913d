/** The steps of a scene as activities, each with the summary that people read beside it, and with what it waits for. */
import type { HostActivities, SceneTask, Staged } from '../activities/contract.js';
import type { Chunk } from '../database/terms.js';
import { onDatabase, onHost, onDatabaseUntilDone, onDatabaseAtOnce, staging } from './calls.js';
import type { ConsequenceKind } from '../campaigns/failure-types.js';
import { retryThroughOutage } from './outage.js';
import type { SceneBoard } from './scene-board.js';
import type { HostSteps, SceneSteps } from './scene-life.js';

type Retry = <T>(call: () => Promise<T>, alsoWaits?: ConsequenceKind) => Promise<T>;

/** @param silence seconds without a sign of life after which a host counts as gone. */
export function sceneSteps(board: SceneBoard, silence: number): SceneSteps {
  const retry: Retry = (call, alsoWaits) => retryThroughOutage(board, call, alsoWaits);
  return {
    claim: (task) => retry(() => onDatabaseAtOnce('take the scene, if it is ingested').claim(task)),
    renew: (task) => retry(() => onDatabase('parcels that have changed since').renew(task)),
    stage: (task) =>
      retry(
        () => staging(silence, `download ${task.scene.reference}`).stage(task),
        // Another host may have room, or this one again.
        'wait-for-room',
      ),
    on: (staged) => hostSteps(staged, silence, retry),
    mark: (task, terminal) =>
      retry(() => onDatabaseAtOnce(`as ${terminal?.status ?? 'extracted'}`).mark(task, terminal)),
    release: (task) => onDatabaseUntilDone('back to ingested').release(task),
  };
}

function hostSteps(staged: Staged, silence: number, retry: Retry): HostSteps {
  const host = (summary: string): HostActivities => onHost(staged.queue, silence, summary);
  const { planOrFinish, extractAndCopyChunk } = namesOn(staged);
  const label = ({ chunk, firstPid, lastPid }: Chunk, chunks: number): string =>
    `chunk ${chunk + 1} of ${chunks}, parcels ${firstPid} to ${lastPid}`;
  return {
    planOrFinish: (task) =>
      retry(() =>
        host('which parcels, in which chunks; where one is left, its rows too')[planOrFinish](task),
      ),
    extractAndCopy: (task, chunks) =>
      retry(() =>
        host(`statistics of ${label(task.chunk, chunks)}, and its rows`)[extractAndCopyChunk](task),
      ),
    copy: (task, chunks) => retry(() => host(`rows of ${label(task.chunk, chunks)}`).copyChunk(task)),
    discard: (task: SceneTask) => host('remove the scratch files').discard(task),
  };
}

/**
 * What the host that staged the scene calls its steps: a host of 0.1.0 knows the older names only, and a scene that it has
 * staged goes on by them.
 */
function namesOn({ stepNames }: Staged) {
  return stepNames === 2
    ? ({ planOrFinish: 'planOrFinish', extractAndCopyChunk: 'extractAndCopyChunk' } as const)
    : ({ planOrFinish: 'plan', extractAndCopyChunk: 'extractChunk' } as const);
}
