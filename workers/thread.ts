/** Entry of a raster thread: takes one task at a time and answers with its result. */
import { parentPort } from 'node:worker_threads';
import { findCloudy } from '../extraction/cloudy-parcels.js';
import { coverParcels, joinCoverage } from '../extraction/cover.js';
import { widenClasses } from '../extraction/widen-classes.js';
import { decodeBlock } from '../extraction/decode.js';
import { extractChunk } from '../extraction/extract.js';
import { OpenRasters } from '../extraction/open-rasters.js';
import type { ThreadTask } from '../extraction/tasks.js';
import { type Answer, flattenError } from './thread-message.js';

const rasters = new OpenRasters();

async function perform(task: ThreadTask): Promise<unknown> {
  switch (task.kind) {
    case 'decode':
      return await decodeBlock(task, rasters);
    case 'widen':
      return widenClasses(task);
    case 'find-cloudy':
      return findCloudy(task);
    case 'cover':
      return await coverParcels(task);
    case 'join':
      return await joinCoverage(task);
    case 'extract':
      return await extractChunk(task, rasters);
    case 'forget':
      await rasters.closeBelow(task.folder);
      return null;
  }
}

async function answer(task: ThreadTask, telling: number | undefined): Promise<void> {
  const addressed = telling === undefined ? {} : { telling };
  try {
    parentPort?.postMessage({ result: await perform(task), ...addressed } satisfies Answer);
  } catch (error) {
    parentPort?.postMessage({ error: flattenError(error), ...addressed } satisfies Answer);
  }
}

parentPort?.on('message', ({ task, telling }: { task: ThreadTask; telling?: number }) => {
  void answer(task, telling);
});
