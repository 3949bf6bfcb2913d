/**
 * Plans a scene and, where one chunk or none is left of it, goes on to its last row: a small scene takes one step on its host
 * in place of four. Nothing is lost by it, since a chunk is what a worker that dies has to do again in any case.
 */
import type { PlannedScene, SceneTask } from './contract.js';
import { copyChunk } from './copy-chunk.js';
import { discard } from './discard.js';
import { extractChunk } from './extract-chunk.js';
import { plan } from './plan.js';
import type { Run } from './run.js';
import type { HostSite } from './site.js';

/** @throws NotStaged, BadScene, RasterError, ClaimLost */
export async function planAndFinish(run: Run, site: HostSite, task: SceneTask): Promise<PlannedScene> {
  const planned = await plan(run, site, task);
  const [chunk, ...more] = planned.pending;
  if (more.length > 0) return planned;
  let rows = 0;
  if (chunk !== undefined) {
    await extractChunk(run, site, { ...task, chunk });
    ({ rows } = await copyChunk(run, site, { ...task, chunk }));
  }
  // What is stored is stored; files that can't be removed now are swept.
  await discard(run, site, task).catch(() => undefined);
  return { ...planned, pending: [], finished: { rows } };
}
