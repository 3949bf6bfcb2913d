/** What a process has opened, and closes at its end: in turn, and none of it for longer than it may. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../telemetry/log.js';

/** Each step gets so long: what hangs on a network that broke is left to the end of the process. */
const STEP_MS = 3_000;

export class Closing {
  private readonly steps: (readonly [what: string, close: () => void | Promise<void>])[] = [];

  constructor(private readonly log: Pick<Log, 'debug'>) {}

  /** What was opened last is closed first. */
  add(what: string, close: () => void | Promise<void>): void {
    this.steps.unshift([what, close]);
  }

  /** Closes everything, whatever becomes of the parts. */
  async run(): Promise<void> {
    for (const [what, close] of this.steps.splice(0)) {
      const late = sleep(STEP_MS, 'late', { ref: false });
      const closed = Promise.resolve()
        .then(close)
        .catch((error: unknown) => {
          this.log.debug(`${what} was not closed: ${String(error)}`);
        });
      if ((await Promise.race([closed, late])) === 'late') this.log.debug(`${what} takes too long to close`);
    }
  }
}
