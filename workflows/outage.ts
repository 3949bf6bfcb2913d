/** Retries through an outage: calls that are made again for as long as what they need is away. */
import { type Consequence, consequenceOf, reasonOf } from './failures.js';
import type { SceneBoard } from './scene-board.js';

/**
 * Makes a call until it ends in anything else than an outage or a worker being stopped, or, where `alsoWaits` says so, a
 * full disk. The pauses are those between the attempts of the call itself.
 */
export async function retryThroughOutage<T>(
  board: Pick<SceneBoard, 'waitFor'>,
  call: () => Promise<T>,
  alsoWaits?: Consequence['kind'],
): Promise<T> {
  for (;;) {
    try {
      const result = await call();
      board.waitFor('');
      return result;
    } catch (error) {
      const consequence = consequenceOf(error);
      if (consequence.kind !== 'retry' && consequence.kind !== alsoWaits) throw error;
      board.waitFor(reasonOf(consequence));
    }
  }
}
