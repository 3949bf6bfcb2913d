/**
 * The lease of this process on its scratch disk's id, in which the disk's copies would meet: two machines made from one
 * image, two containers from one volume's snapshot. Who finds the id in use elsewhere takes another.
 */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import {
  endHostLease,
  hostLeaseSeen,
  pruneHostLeases,
  RENEW_HOST_MS,
  renewHostLease,
  takeHostLease,
} from '../database/leases/host-leases.js';
import type { Scratch } from '../extraction/scratch/scratch.js';
import type { Log } from '../telemetry/log.js';

/** A holder that lives renews within this time; one that was killed does not. */
const LOOK_MS = RENEW_HOST_MS + 2_000;
const LOOK_EVERY_MS = 500;

export interface HeldHost {
  /** Aborts when another process has taken the lease over. */
  readonly lost: AbortSignal;
  /** Gives the lease to whoever comes next. */
  release(): Promise<void>;
}

/**
 * Takes the lease, under a new id where a living process holds the one that the disk bears, and keeps it.
 * @param timing how long a holder is looked at before it counts as dead; for tests.
 */
export async function holdHost(
  pool: pg.Pool,
  scratch: Pick<Scratch, 'host' | 'rename'>,
  log: Pick<Log, 'debug' | 'warn' | 'error'>,
  timing = { lookMs: LOOK_MS, renewMs: RENEW_HOST_MS },
): Promise<HeldHost> {
  const token = randomUUID();
  const lease = () => ({ host: scratch.host, token, hostname: hostname() });
  let seen: string | undefined;
  while (!(await takeHostLease(pool, lease(), seen))) {
    seen = await hostLeaseSeen(pool, scratch.host);
    if (seen === undefined || !(await changes(seen))) continue;
    const { host } = scratch;
    await scratch.rename();
    seen = undefined;
    log.warn(
      `another worker serves ${host}: this scratch disk is a copy of its, and is ${scratch.host} from now on`,
    );
  }
  await pruneHostLeases(pool);
  const lost = new AbortController();
  const renew = async (): Promise<void> => {
    try {
      if (await renewHostLease(pool, lease())) return;
      clearInterval(timer);
      lost.abort(
        new Error(
          `another worker has taken over ${scratch.host}, as this one gave no sign of life: start it again`,
        ),
      );
    } catch (error) {
      log.debug(`the lease of ${scratch.host} was not renewed: ${String(error)}`);
    }
  };
  // One at a time, and none after the release: it would enter the lease again.
  let renewing: Promise<void> | undefined;
  const timer = setInterval(() => {
    renewing ??= renew().finally(() => (renewing = undefined));
  }, timing.renewMs);
  timer.unref();
  return {
    lost: lost.signal,
    release: async () => {
      clearInterval(timer);
      await renewing;
      if (!lost.signal.aborted) await endHostLease(pool, lease());
    },
  };

  /** Whether the lease is renewed, or given up, while we look. */
  async function changes(before: string): Promise<boolean> {
    for (const end = Date.now() + timing.lookMs; Date.now() < end;) {
      await sleep(Math.min(LOOK_EVERY_MS, timing.lookMs));
      const now = await hostLeaseSeen(pool, scratch.host);
      if (now === undefined) return false;
      if (now !== before) return true;
    }
    return false;
  }
}
