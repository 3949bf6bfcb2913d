/** Which Temporal server and namespace this process works for, and the lease that says so to others. */
import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import {
  endLease,
  pruneLeases,
  RENEW_LEASE_MS,
  renewLease,
  stopLease,
  type TemporalPlace,
} from '../database/leases/temporal-leases.js';
import type { Log } from '../telemetry/log.js';

/** Asks the server who it is. */
export type LookUpPlace = () => Promise<TemporalPlace>;

export interface Lease {
  /** Renews it no more and says so; it lapses, if no other process renews one of the place. */
  stop(): Promise<void>;
  /** Ends it at once: what it stood for is over. */
  end(): Promise<void>;
}

/**
 * Takes a lease of the place and keeps it renewed. The server may be another one from one
 * renewal to the next, a new database behind the same address: then the lease of before is ended, since nobody here works
 * for it any more. The end of a process ends no lease: its workflows wait for the next one, and lapse only if none comes.
 */
export async function keepLease(
  pool: pg.Pool,
  address: string,
  lookUp: LookUpPlace,
  log: Pick<Log, 'debug' | 'warn'>,
): Promise<Lease> {
  const token = randomUUID();
  let place = await lookUp();
  await renewLease(pool, { ...place, token, address });
  await pruneLeases(pool);
  const renew = async (): Promise<void> => {
    // While the server is away, its workers stand by for it.
    const now = await lookUp().catch(() => place);
    if (now.cluster !== place.cluster || now.namespace !== place.namespace) {
      log.warn(`the Temporal server at ${address} is another one now (${now.cluster})`);
      await endLease(pool, { ...place, token, address });
      place = now;
    }
    await renewLease(pool, { ...place, token, address });
  };
  let renewing: Promise<void> | undefined;
  const timer = setInterval(() => {
    // One that hangs is waited for, and not joined by others.
    renewing ??= renew()
      .catch((error: unknown) => {
        log.debug(`the lease of ${place.namespace} was not renewed: ${String(error)}`);
      })
      .finally(() => (renewing = undefined));
  }, RENEW_LEASE_MS);
  timer.unref();
  return {
    stop: async () => {
      clearInterval(timer);
      await renewing;
      await stopLease(pool, { ...place, token, address });
    },
    end: async () => {
      clearInterval(timer);
      await endLease(pool, { ...place, token, address });
    },
  };
}
