/** How commands are stopped. */
import { INTERRUPTED, TERMINATED } from '../terminal/exit-codes.js';

/** SIGINT and SIGTERM as an abort signal; a second one ends the process at once. */
export function stopSignal(): AbortSignal {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (stop.signal.aborted) process.exit(name === 'SIGINT' ? INTERRUPTED : TERMINATED);
      // The terminal's ^C stands where a progress bar may be.
      if (process.stderr.isTTY) process.stderr.write('\n');
      stop.abort(new Error(`stopped by ${name}`));
    });
  }
  return stop.signal;
}
