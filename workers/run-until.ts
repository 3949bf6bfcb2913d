/** Temporal's workers of one process, from their first poll to their end. */
import type { Worker } from '@temporalio/worker';
import type { Log } from '../telemetry/log.js';

/**
 * Runs all workers; when one fails or the signal aborts, the others are stopped in good order too.
 * @throws what a worker failed with, unless that was after the order to stop: a network that broke lets steps and workflows
 * end late, or not at all. They are done again by others.
 */
export async function runUntil(
  signal: AbortSignal,
  workers: readonly Pick<Worker, 'run' | 'shutdown' | 'getState'>[],
  onReady: () => void,
  log: Pick<Log, 'debug'>,
): Promise<void> {
  const shutdown = (): void => {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  signal.addEventListener('abort', shutdown, { once: true });
  const running = workers.map(async (worker) => {
    try {
      await worker.run();
    } catch (error) {
      if (!signal.aborted) throw error;
      log.debug(`a worker did not end in good order: ${String(error)}`);
    } finally {
      shutdown();
    }
  });
  if (signal.aborted) shutdown();
  else onReady();
  const ended = await Promise.allSettled(running);
  signal.removeEventListener('abort', shutdown);
  const failed = ended.find((end) => end.status === 'rejected');
  if (failed) throw failed.reason as Error;
}
