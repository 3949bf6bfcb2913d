/** A Temporal server that is away while a command follows a workflow: the workflow goes on, and so does the command. */
import { setTimeout as sleep } from 'node:timers/promises';
import { isGrpcServiceError } from '@temporalio/client';

/** gRPC status codes of a server that is away, starting or overloaded: cancelled, unknown, deadline, resources, internal, unavailable. */
const AWAY: ReadonlySet<number> = new Set([1, 2, 4, 8, 13, 14]);
const ASK_AGAIN_MS = 2_000;
/** A person who waits is told again after so long. */
const REMIND_MS = 60_000;

/** Whether an error says that the server could not be asked, and nothing of what was asked about. */
export function isAway(error: unknown): boolean {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause)
    if (isGrpcServiceError(cause) && AWAY.has(cause.code)) return true;
  return false;
}

/** Tells of an outage once when it begins, now and then while it lasts, and once when it is over. */
export class Outage {
  private toldAt: number | undefined;

  constructor(
    private readonly say: (line: string) => void,
    private readonly now: () => number = Date.now,
  ) {}

  begin(): void {
    if (this.toldAt !== undefined && this.now() - this.toldAt < REMIND_MS) return;
    this.say(
      'the Temporal server does not answer; what it runs goes on when it is back, and this command waits for it',
    );
    this.toldAt = this.now();
  }

  /** @returns whether there was one. */
  end(): boolean {
    if (this.toldAt === undefined) return false;
    this.say('the Temporal server answers again');
    this.toldAt = undefined;
    return true;
  }
}

/**
 * Asks until there is an answer, however long the server is away.
 * @throws what `ask` throws of the workflow itself, or the signal's reason when it aborts.
 */
export async function throughOutages<T>(
  ask: () => Promise<T>,
  outage: Outage,
  signal: AbortSignal,
): Promise<T> {
  for (;;) {
    signal.throwIfAborted();
    try {
      const answer = await ask();
      outage.end();
      return answer;
    } catch (error) {
      if (!isAway(error)) throw error;
      outage.begin();
      await sleep(ASK_AGAIN_MS, undefined, { signal });
    }
  }
}
