/** What a dataset is described by to those who come to know it: some ids, and which numbers its rows hold. */
import type { ServedParcels, ServedRows } from './served-tables.js';
import { errorCode } from '../session/errors.js';
import { type Database, query } from '../session/session.js';

/** The first that the table gives: any will do, and no index has to be there. */
const SOME_IDS = ({ key, id }: ServedParcels): string => `SELECT ${id.sql}::text AS id FROM ${key} LIMIT $1`;

/** Ids of so many parcels, or of fewer where there are no more. */
export async function someParcelIds(
  database: Database,
  parcels: ServedParcels,
  most: number,
): Promise<string[]> {
  return (await query<{ id: string }>(database, SOME_IDS(parcels), [most])).map(({ id }) => id);
}

const RADIOMETRIES = `
  SELECT DISTINCT coalesce(facts ->> 'radiometry', 'raw') AS radiometry FROM parcelwise.extraction
  WHERE results_table = $1 AND card = $2 AND status = 'extracted' ORDER BY radiometry`;

/** No such table, or none that this role may read: others filled the results table, or nobody tells. */
const UNTOLD = new Set(['42P01', '3F000', '42501']);

/**
 * Which numbers the rows of a CARD type's scenes hold (`raw`, `harmonised`), of scenes that parcelwise extracted; empty where this
 * is not known.
 */
export async function radiometriesOf(database: Database, rows: ServedRows, card: string): Promise<string[]> {
  const found = query<{ radiometry: string }>(database, RADIOMETRIES, [rows.key, card]);
  try {
    return (await found).map(({ radiometry }) => radiometry);
  } catch (error) {
    if (UNTOLD.has(errorCode(error) ?? '')) return [];
    throw error;
  }
}
