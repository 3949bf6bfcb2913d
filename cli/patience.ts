/** How long a command waits for a worker's answer: queries and updates of a workflow are answered by a worker, not by the server. */
import { UserError } from './failure.js';

/** Nobody answers for so long: no worker polls. */
export const WORKER_PATIENCE_MS = 8_000;
export const NO_WORKER = 'no worker answers on the queue parcelwise; start one with: parcelwise worker';

/** What was asked for did not come to pass. */
const FAILED = 1;

/** @throws UserError when nobody answers in time. */
export async function answered<T>(answer: Promise<T>, ms = WORKER_PATIENCE_MS): Promise<T> {
  return await within(answer, ms, () => new UserError(NO_WORKER, FAILED));
}

/** @throws what `late` makes, when the promise is not settled after `ms`. */
export function within<T>(promise: Promise<T>, ms: number, late: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(late());
    }, ms);
    promise.then(resolve, reject).finally(() => {
      clearTimeout(timer);
    });
  });
}
