/** How long a command waits for a worker's answer: queries and updates of a workflow are answered by a worker, not by the server. */
import { FAILED, UserError } from './failure.js';

/** Nobody answers for so long: no worker polls. */
export const WORKER_PATIENCE_MS = 8_000;
export const NO_WORKER = 'no worker answers on the queue parcelwise; start one with: parcelwise worker';

/** @throws UserError when nobody answers in time. */
export function answered<T>(answer: Promise<T>, ms = WORKER_PATIENCE_MS): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new UserError(NO_WORKER, FAILED));
    }, ms);
    answer.then(resolve, reject).finally(() => {
      clearTimeout(timer);
    });
  });
}
