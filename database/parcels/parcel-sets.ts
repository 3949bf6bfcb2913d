/** Versions of parcel sets: what each parcel looked like when a chunk was extracted from it, 8 bytes a parcel and version. */
import type pg from 'pg';
import type { CheckedSelection } from '../selection/check.js';
import { parcelSetFingerprint } from './fingerprint.js';
import { inTransaction, query } from '../session/session.js';
import type { Database } from '../session/session.js';

/** PostGIS's own hash of a geometry: a redrawn parcel keeps its digest with a chance of one in 2^32. */
export const DIGEST = (column: string) => `geometry_hash(${column})`;

/** Of the parcel table: its fingerprint and its digests must be of the same. Another worker may store them first. */
const SNAPSHOT = { snapshot: true } as const;

const KNOWN = 'SELECT 1 FROM parcelwise.parcel_set WHERE parcel_set = $1';

const KEEP = ({ parcels }: CheckedSelection) => `
  INSERT INTO parcelwise.parcel_set (parcel_set, parcels_table, pids, digests)
  SELECT $1, $2, coalesce(array_agg(ogc_fid::integer ORDER BY ogc_fid), '{}'),
         coalesce(array_agg(${DIGEST('wkb_geometry')} ORDER BY ogc_fid), '{}')
  FROM ${parcels.key} WHERE wkb_geometry IS NOT NULL
  ON CONFLICT (parcel_set) DO NOTHING`;

/**
 * Sees to it that the version is kept, unless the parcels have changed since the fingerprint was taken: then it is past,
 * and what is extracted from it counts as changed.
 */
export async function keepParcelSet(
  pool: pg.Pool,
  selection: CheckedSelection,
  fingerprint: string,
): Promise<void> {
  if (await isKept(pool, fingerprint)) return;
  const store = async (client: pg.ClientBase) => {
    if ((await parcelSetFingerprint(client, selection)) === fingerprint)
      await storeParcelSet(client, selection, fingerprint);
  };
  await inTransaction(pool, store, SNAPSHOT);
}

/** Within a transaction that sees one moment, of which the fingerprint is. */
export async function storeParcelSet(
  client: pg.ClientBase,
  selection: CheckedSelection,
  fingerprint: string,
): Promise<void> {
  if (await isKept(client, fingerprint)) return;
  await client.query(KEEP(selection), [fingerprint, selection.parcels.key]);
}

async function isKept(database: Database, fingerprint: string): Promise<boolean> {
  return (await query(database, KNOWN, [fingerprint])).length > 0;
}
