/** When a search was last carried out over the whole of its period: between sweeps, syncs look at the latest days only. */
import { execute, query } from './session.js';
import type { Database } from './session.js';
import type { Table } from './terms.js';

const LAST = `
  SELECT EXISTS (
    SELECT FROM parcelwise.sweep
    WHERE (catalogue_table, search) = ($1, $2) AND swept_at > now() - make_interval(secs => 3600 * $3::float8)) AS recent`;

const RECORD = `
  INSERT INTO parcelwise.sweep (catalogue_table, search, swept_at) VALUES ($1, $2, now())
  ON CONFLICT (catalogue_table, search) DO UPDATE SET swept_at = excluded.swept_at`;

/** Whether the search was swept within so many hours. */
export async function isSwept(
  database: Database,
  catalogue: Table,
  search: string,
  hours: number,
): Promise<boolean> {
  const [row] = await query<{ recent: boolean }>(database, LAST, [catalogue.key, search, hours]);
  return row?.recent === true;
}

export async function recordSweep(database: Database, catalogue: Table, search: string): Promise<void> {
  await execute(database, RECORD, [catalogue.key, search]);
}
