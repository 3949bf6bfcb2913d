/** Looks, while a campaign makes no progress, for what its scenes wait for. */
import { CancellationScope, isCancellation, sleep } from '@temporalio/workflow';

/** What the look-out sees of a campaign, and whom it tells. */
export interface Watched {
  /** Goes up with every scene that starts or ends. */
  readonly moves: () => number;
  /** Whether any scene is in flight. */
  readonly isWaiting: () => boolean;
  readonly find: () => Promise<readonly string[]>;
  readonly tell: (hindrances: readonly string[]) => void;
}

/**
 * Keeps watch until the returned function is called. One timer a look, and a question only where nothing has moved since the
 * one before: a campaign at work costs its history next to nothing.
 */
export function watchForHindrances(everyMs: number, watched: Watched): () => Promise<void> {
  const scope = new CancellationScope();
  const watching = scope.run(async () => {
    for (;;) {
      const before = watched.moves();
      await sleep(everyMs);
      if (watched.moves() !== before || !watched.isWaiting()) watched.tell([]);
      else watched.tell(await asked(watched));
    }
  });
  const ended = watching.catch((error: unknown) => {
    if (!isCancellation(error)) throw error;
  });
  return async () => {
    scope.cancel();
    await ended;
  };
}

/** A question that fails is no harm: there is another one soon. */
async function asked({ find }: Watched): Promise<readonly string[]> {
  try {
    return await find();
  } catch (error) {
    if (isCancellation(error)) throw error;
    return [];
  }
}
