/** Several things done side by side that are of use only together. */
import { setMaxListeners } from 'node:events';

/**
 * Does something with each of the items, all at once. The first that fails ends the others by the signal that they are given,
 * and is told when none of them runs any more.
 */
export async function untilOneFails<Item>(
  items: Iterable<Item>,
  signal: AbortSignal,
  work: (item: Item, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const failing = new AbortController();
  const either = AbortSignal.any([signal, failing.signal]);
  // As many listen as there are items; Node warns of more than ten.
  setMaxListeners(0, either);
  await Promise.all(
    [...items].map(async (item) => {
      try {
        await work(item, either);
      } catch (error) {
        failing.abort(error);
      }
    }),
  );
  either.throwIfAborted();
}
