/** A long statement seen from another connection: how far it is, and stopped where a person asks for it. */
import type pg from 'pg';
import { query } from './session.js';

const LOOK_EVERY_MS = 500;

/** Of a session by its name, which poolers may add to. */
const CANCEL = `
  SELECT pg_cancel_backend(pid) FROM pg_stat_activity
  WHERE starts_with(application_name, $1) AND pid <> pg_backend_pid() AND state = 'active'`;

export interface SessionWatch {
  /** The statement begins in the session of this name. */
  readonly begin: (name: string) => void;
  /** It has ended; resolves when nothing is looked at any more. */
  readonly end: () => Promise<void>;
}

/**
 * @param pool another one than that of the statement, or one with a connection to spare.
 * @param look is done again and again while the statement runs; what it throws is nobody's loss.
 */
export function watchSession(
  pool: pg.Pool,
  signal: AbortSignal | undefined,
  look: (name: string) => Promise<void>,
): SessionWatch {
  let session: string | undefined;
  let looking = Promise.resolve();
  let idle = true;
  const tick = (): void => {
    const name = session;
    if (name === undefined || !idle) return;
    idle = false;
    const once = async (): Promise<void> => {
      // Again and again: one that comes before the statement does meets nothing.
      if (signal?.aborted === true) await query(pool, CANCEL, [name]);
      else await look(name);
    };
    looking = once()
      .catch(() => undefined)
      .finally(() => {
        idle = true;
      });
  };
  const timer = setInterval(tick, LOOK_EVERY_MS);
  signal?.addEventListener('abort', tick);
  return {
    begin: (name) => {
      session = name;
    },
    end: async () => {
      clearInterval(timer);
      signal?.removeEventListener('abort', tick);
      session = undefined;
      await looking;
    },
  };
}
