/**
 * Plans a scene and, where one chunk or none is left of it, goes on to its last row: a small scene takes one step on its host
 * in place of four. Nothing is lost by it, since a chunk is what a worker that dies has to do again in any case.
 */
import type { PlannedScene, SceneTask } from './contract.js';
import { copyChunk } from './copy-chunk.js';
import { discard } from './discard.js';
import { extractChunk } from './extract-chunk.js';
import { plan } from './plan.js';
import type { StepContext } from './step-context.js';
import type { HostDependencies } from './dependencies.js';

/** @throws NotStaged, BadScene, RasterError, ClaimLost */
export async function planOrFinish(
  context: StepContext,
  dependencies: HostDependencies,
  task: SceneTask,
): Promise<PlannedScene> {
  const planned = await plan(context, dependencies, task);
  const [chunk, ...more] = planned.pending;
  if (more.length > 0) return planned;
  let finished: PlannedScene['finished'] = { rows: 0 };
  if (chunk !== undefined) {
    await extractChunk(context, dependencies, { ...task, chunk });
    const { rows, clear } = await copyChunk(context, dependencies, { ...task, chunk });
    finished = { rows, ...(clear !== undefined && { clear }) };
  }
  // What is stored is stored; files that can't be removed now are cleaned up later.
  await discard(context, dependencies, task).catch(() => undefined);
  return { ...planned, pending: [], finished };
}
