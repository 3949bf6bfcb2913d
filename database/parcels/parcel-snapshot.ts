/**
 * One moment of the parcel table, for several connections: what is copied from it is what its fingerprint is of, whatever
 * is edited, undone or loaded anew meanwhile. The snapshot is exported by the transaction that took the fingerprint, which
 * stays open while others use it; each of them is one transaction, so a pooler by transactions does no harm.
 */
import type pg from 'pg';
import type { CheckedSelection } from '../selection/check.js';
import { parcelSetFingerprint } from './fingerprint.js';
import { errorCode } from '../session/errors.js';
import { inSnapshot, query } from '../session/session.js';

export interface ParcelSnapshot {
  /** By which `atSnapshot` finds it. */
  readonly id: string;
  /** The connection whose transaction took it. */
  readonly client: pg.ClientBase;
}

/** The parcels are others than those of the fingerprint: whoever has found things out about those has to begin anew. */
export class ParcelsChanged extends Error {
  override readonly name = 'ParcelsChanged';
  constructor({ parcels }: Pick<CheckedSelection, 'parcels'>) {
    super(`${parcels.key} or the area of interest is being changed while its parcels are read`);
  }
}

/** The transaction is idle while others copy, each of them for no longer than a statement may take. */
const IDLE_TIMEOUT = `SET LOCAL idle_in_transaction_session_timeout = '60min'`;

const EXPORT = 'SELECT pg_export_snapshot() AS id';

/** @throws ParcelsChanged where the parcels are not those of the fingerprint. */
export function withParcelSnapshot<Result>(
  pool: pg.Pool,
  selection: CheckedSelection,
  fingerprint: string,
  work: (snapshot: ParcelSnapshot) => Promise<Result>,
): Promise<Result> {
  return inSnapshot(pool, async (client) => {
    await client.query(IDLE_TIMEOUT);
    const [exported] = await query<{ id: string }>(client, EXPORT);
    if ((await parcelSetFingerprint(client, selection)) !== fingerprint) throw new ParcelsChanged(selection);
    return work({ id: exported!.id, client });
  });
}

/** Codes of PostgreSQL for a snapshot whose transaction has ended, or that is another server's. */
const NO_SNAPSHOT = new Set(['22023', '42704', '55000']);

/** A transaction that sees the moment of the snapshot; a moment of its own where there is none. */
export function atSnapshot<Result>(
  pool: pg.Pool,
  id: string | undefined,
  work: (client: pg.PoolClient) => Promise<Result>,
): Promise<Result> {
  if (id === undefined) return inSnapshot(pool, work);
  return inSnapshot(pool, async (client) => {
    await client.query(`SET TRANSACTION SNAPSHOT '${id.replaceAll("'", '')}'`).catch((error: unknown) => {
      if (!NO_SNAPSHOT.has(errorCode(error) ?? '')) throw error;
      throw new Error('the transaction that holds the parcels still has ended', { cause: error });
    });
    return work(client);
  });
}

/** So often parcels may change under the planning of one scene, within a second or two each time. */
const ATTEMPTS = 10;

/** Begins anew where the parcels have changed since the work began. */
export async function whileUnchanged<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof ParcelsChanged) || attempt === ATTEMPTS) throw error;
    }
  }
}
