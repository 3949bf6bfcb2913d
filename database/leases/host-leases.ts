/** Leases of scratch disks, by the id each bears: two disks with one id are copies of each other, and only one may keep it. */
import { execute, query } from '../session/session.js';
import type { Database } from '../session/session.js';

export interface HostLease {
  /** The disk's id, which its queue is named after. */
  readonly host: string;
  /** Made at the start of the process that holds the lease. */
  readonly token: string;
  /** The machine, for people. */
  readonly hostname: string;
}

/** How often a lease is renewed. */
export const RENEW_HOST_MS = 4_000;

/** Takes a lease that nobody holds, or that its holder did not renew since it was seen ($4). */
const TAKE = `
  INSERT INTO parcelwise.host_lease AS l (host, token, hostname) VALUES ($1, $2, $3)
  ON CONFLICT (host) DO UPDATE SET token = excluded.token, hostname = excluded.hostname, renewed_at = now()
  WHERE l.token = excluded.token OR l.renewed_at = $4::timestamptz`;

const SEEN = `SELECT renewed_at::text AS "renewedAt" FROM parcelwise.host_lease WHERE host = $1`;

const RENEW = 'UPDATE parcelwise.host_lease SET renewed_at = now() WHERE (host, token) = ($1, $2)';

/** A line that a restore or a hand has removed is entered again; one of another holder stays. */
const ENTER = `
  INSERT INTO parcelwise.host_lease (host, token, hostname) VALUES ($1, $2, $3) ON CONFLICT (host) DO NOTHING`;

const END = 'DELETE FROM parcelwise.host_lease WHERE (host, token) = ($1, $2)';

/** Disks that were thrown away leave a line behind. */
const PRUNE = `DELETE FROM parcelwise.host_lease WHERE renewed_at < now() - interval '30 days'`;

/** @param seen when the lease was last renewed as the caller saw it; undefined where it saw none. */
export async function takeHostLease(
  database: Database,
  { host, token, hostname }: HostLease,
  seen: string | undefined,
): Promise<boolean> {
  return (await execute(database, TAKE, [host, token, hostname, seen ?? null])) === 1;
}

/** When the lease was last renewed, whoever holds it. */
export async function hostLeaseSeen(database: Database, host: string): Promise<string | undefined> {
  const [row] = await query<{ renewedAt: string }>(database, SEEN, [host]);
  return row?.renewedAt;
}

/** @returns false where another process has taken the lease. */
export async function renewHostLease(database: Database, lease: HostLease): Promise<boolean> {
  const { host, token, hostname } = lease;
  if ((await execute(database, RENEW, [host, token])) === 1) return true;
  return (await execute(database, ENTER, [host, token, hostname])) === 1;
}

export async function endHostLease(database: Database, { host, token }: HostLease): Promise<void> {
  await execute(database, END, [host, token]);
}

export async function pruneHostLeases(database: Database): Promise<void> {
  await execute(database, PRUNE);
}
