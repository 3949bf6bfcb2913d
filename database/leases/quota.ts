/**
 * Leases of an object store's account, shared by all workers of this database. An account's bytes (and its requests) are
 * a line in time: each lease takes the stretch that its amount needs at the limit's rate, from where the one before ended,
 * and its holder waits until the stretch begins (the generic cell rate algorithm, ITU-T I.371, with leases for cells). So
 * workers are served in turn by one short statement each, and a worker that dies with a lease has wasted that stretch and
 * nothing else.
 */
import type pg from 'pg';
import { inTransaction, query } from '../session/session.js';
import type { Database } from '../session/session.js';

export type QuotaUnit = 'bytes' | 'requests';

/** A limit that nobody has stated for so long is not in force any more: its campaign has ended, or downloads nothing. */
const IN_FORCE = `interval '30 seconds'`;

const OPEN = 'INSERT INTO parcelwise.quota (account, unit) VALUES ($1, $2) ON CONFLICT DO NOTHING';

const STATE = `
  INSERT INTO parcelwise.quota_limit (account, unit, campaign, per_second) VALUES ($1, $2, $3, $4)
  ON CONFLICT (account, unit, campaign) DO UPDATE SET per_second = excluded.per_second, stated_at = now()`;

const FORGET = `DELETE FROM parcelwise.quota_limit WHERE account = $1 AND stated_at < now() - interval '1 day'`;

/** The clock is read when the row is held: a lease that had to wait for it must not begin in the past. */
const LEASE = `
  WITH smallest AS MATERIALIZED (
    SELECT min(per_second) AS rate, greatest($3::float8, min(per_second) * $4::float8) AS amount FROM parcelwise.quota_limit
    WHERE (account, unit) = ($1, $2) AND stated_at > now() - ${IN_FORCE}
  )
  UPDATE parcelwise.quota q
  SET free_at = greatest(q.free_at, clock_timestamp()) + make_interval(secs => s.amount / s.rate)
  FROM smallest s WHERE (q.account, q.unit) = ($1, $2) AND s.rate IS NOT NULL
  RETURNING s.amount, s.rate, extract(epoch FROM q.free_at - clock_timestamp())::float8 - s.amount / s.rate AS "waitSeconds"`;

/** States that a campaign limits the account to so much a second, for half a minute from now. */
export function stateLimit(
  pool: pg.Pool,
  account: string,
  unit: QuotaUnit,
  campaign: string,
  perSecond: number,
): Promise<void> {
  return inTransaction(pool, async (client) => {
    await client.query(OPEN, [account, unit]);
    await client.query(STATE, [account, unit, campaign, perSecond]);
    await client.query(FORGET, [account]);
  });
}

export interface Lease {
  readonly amount: number;
  /** The smallest limit in force, a second. */
  readonly rate: number;
  /** How long to wait before the first of it is used. */
  readonly waitSeconds: number;
}

/**
 * Takes what the limit allows in so many seconds, and `least` at any rate.
 * @returns undefined where no limit is in force.
 */
export async function lease(
  database: Database,
  account: string,
  unit: QuotaUnit,
  { least, seconds }: { readonly least: number; readonly seconds: number },
): Promise<Lease | undefined> {
  const [row] = await query<Lease>(database, LEASE, [account, unit, least, seconds]);
  return row && { ...row, waitSeconds: Math.max(0, row.waitSeconds) };
}
