/** How long a command waits for a worker's answer: queries and updates of a workflow are answered by a worker, not by the server. */
import { setTimeout as sleep } from 'node:timers/promises';
import { FAILED } from '../terminal/exit-codes.js';
import { UserError } from '../terminal/user-error.js';

/** Nobody answers for so long: no worker polls. */
export const WORKER_SILENCE_MS = 8_000;
export const NO_WORKER = 'no worker answers on the queue parcelwise; start one with: parcelwise worker';

/** @throws UserError when nobody answers in time, or the signal's reason when it aborts before. */
export async function answered<T>(
  answer: Promise<T>,
  ms = WORKER_SILENCE_MS,
  signal?: AbortSignal,
): Promise<T> {
  const over = new AbortController();
  const silence = sleep(ms, undefined, {
    signal: signal === undefined ? over.signal : AbortSignal.any([over.signal, signal]),
  }).then(() => {
    throw new UserError(NO_WORKER, FAILED);
  });
  try {
    return await Promise.race([answer, silence]);
  } finally {
    over.abort();
    // What comes after all is nobody's business any more.
    silence.catch(() => undefined);
    answer.catch(() => undefined);
  }
}
