/**
 * Leases of Temporal servers: while workers of a server and namespace renew one, claims of workflows there are none of
 * anybody else's business, who could not ask that server whether they run. One line a worker process; any of them counts.
 * Commands by hand hold one for themselves, as a server of their own.
 */
import { execute, query } from '../session/session.js';
import type { Database } from '../session/session.js';

/** The Temporal server, by what it is, and the namespace that workflows run in. */
export interface TemporalPlace {
  /** The id of its cluster, whatever its address, or the address where the server tells no id. */
  readonly cluster: string;
  readonly namespace: string;
}

export interface LeaseHolder extends TemporalPlace {
  /** Made at the start of the process that renews the lease. */
  readonly token: string;
  /** Where the server was reached, for people. */
  readonly address: string;
}

/** How often a lease is renewed. */
export const RENEW_LEASE_MS = 20_000;
/**
 * A lease that was not renewed for so long has lapsed: longer than a restart of database and workers takes, and short
 * enough that a lost Temporal database costs no night.
 */
export const LEASE_SECONDS = 300;
/** Lapsed leases are kept for people to see when a namespace was last heard of. */
const KEPT_DAYS = 30;

/** Of a lease \`l`. The database's clock is everybody's. */
export const ALIVE = `l.renewed_at > now() - interval '${LEASE_SECONDS} seconds'`;

const RENEW = `
  INSERT INTO parcelwise.temporal_lease (cluster, namespace, token, address) VALUES ($1, $2, $3, $4)
  ON CONFLICT (cluster, namespace, token) DO UPDATE SET renewed_at = now(), address = excluded.address, stopped = false`;

const PRUNE = `DELETE FROM parcelwise.temporal_lease WHERE renewed_at < now() - interval '${KEPT_DAYS} days'`;

/** The process has stopped; what its workflows own stays theirs until the lease has lapsed. */
const STOP =
  'UPDATE parcelwise.temporal_lease SET stopped = true WHERE (cluster, namespace, token) = ($1, $2, $3)';

/** Processes that should have renewed their lease twice since, and have not, are gone. */
const AT_WORK = `
  SELECT count(*)::integer AS processes FROM parcelwise.temporal_lease
  WHERE (cluster, namespace) = ($1, $2) AND NOT stopped AND renewed_at > now() - interval '${(2.5 * RENEW_LEASE_MS) / 1000} seconds'`;

const END = 'DELETE FROM parcelwise.temporal_lease WHERE (cluster, namespace, token) = ($1, $2, $3)';

const PLACES = `
  SELECT cluster, namespace, bool_or(${ALIVE}) AS alive, (array_agg(address ORDER BY renewed_at DESC))[1] AS address,
         to_char(max(renewed_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS') AS "renewedAt"
  FROM parcelwise.temporal_lease l GROUP BY cluster, namespace ORDER BY cluster, namespace`;

/** Renews a lease, or takes it. */
export async function renewLease(database: Database, holder: LeaseHolder): Promise<void> {
  const { cluster, namespace, token, address } = holder;
  await execute(database, RENEW, [cluster, namespace, token, address]);
}

export async function pruneLeases(database: Database): Promise<void> {
  await execute(database, PRUNE);
}

/** Notes that the holder's process has stopped, which frees nothing. */
export async function stopLease(database: Database, holder: LeaseHolder): Promise<void> {
  await execute(database, STOP, [holder.cluster, holder.namespace, holder.token]);
}

/** Worker processes of a server and namespace that work on this database now. */
export async function processesAtWork(
  database: Database,
  { cluster, namespace }: TemporalPlace,
): Promise<number> {
  const [row] = await query<{ processes: number }>(database, AT_WORK, [cluster, namespace]);
  return row?.processes ?? 0;
}

/** Ends a lease before its time: its holder knows that nobody works in that place for it any more. */
export async function endLease(database: Database, holder: LeaseHolder): Promise<void> {
  await execute(database, END, [holder.cluster, holder.namespace, holder.token]);
}

export interface LeasedPlace extends TemporalPlace {
  readonly alive: boolean;
  readonly address: string;
  /** UTC, ISO 8601 without zone. */
  readonly renewedAt: string;
}

/** Every server and namespace whose workers have been heard of. */
export function leasedPlaces(database: Database): Promise<LeasedPlace[]> {
  return query<LeasedPlace>(database, PLACES);
}
