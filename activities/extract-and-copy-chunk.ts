/**
 * Extracts a chunk and stores it: most chunks take one step in place of two, and the server is asked half as often. Where
 * storing fails, the chunk waits on the scratch disk for the step `copyChunk`, which is tried again by itself.
 */
import type { ChunkTask, ExtractedChunk } from './contract.js';
import { copyChunk } from './copy-chunk.js';
import { extractChunk } from './extract-chunk.js';
import type { StepContext } from './step-context.js';
import type { HostDependencies } from './dependencies.js';

/** @throws NotStaged, RasterError, ScratchFull */
export async function extractAndCopyChunk(
  context: StepContext,
  dependencies: HostDependencies,
  task: ChunkTask,
): Promise<ExtractedChunk> {
  const accounts = await extractChunk(context, dependencies, task);
  try {
    return { ...(await copyChunk(context, dependencies, task)), stored: true };
  } catch {
    // It fails again in a step of its own, if it still does, and is told and waited for there.
    return accounts;
  }
}
