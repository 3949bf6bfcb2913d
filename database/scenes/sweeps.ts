/** When a search was last carried out over the whole of its period: between sweeps, syncs look at the latest days only. */
import { filesOf } from '../identity/table-files.js';
import { execute, query } from '../session/session.js';
import type { Database } from '../session/session.js';
import type { Table } from '../terms.js';

const LAST = `
  SELECT EXISTS (
    SELECT FROM parcelwise.sweep
    WHERE (catalogue_table, search) = ($1, $2) AND files = $4 AND swept_at > now() - make_interval(secs => 3600 * $3::float8)) AS recent`;

const RECORD = `
  INSERT INTO parcelwise.sweep (catalogue_table, search, swept_at, files) VALUES ($1, $2, now(), $3)
  ON CONFLICT (catalogue_table, search) DO UPDATE SET swept_at = excluded.swept_at, files = excluded.files`;

/** Whether the search was swept within so many hours. */
export async function isSwept(
  database: Database,
  catalogue: Table,
  search: string,
  hours: number,
): Promise<boolean> {
  const [row] = await query<{ recent: boolean }>(database, LAST, [
    catalogue.key,
    search,
    hours,
    await sweptAs(database, catalogue),
  ]);
  return row?.recent === true;
}

export async function recordSweep(database: Database, catalogue: Table, search: string): Promise<void> {
  await execute(database, RECORD, [catalogue.key, search, await sweptAs(database, catalogue)]);
}

/** The table that was swept, whatever it is called: scenes of another one of its name have not been entered. */
async function sweptAs(database: Database, catalogue: Table): Promise<string> {
  return (await filesOf(database, catalogue)) ?? `view ${catalogue.oid}`;
}
