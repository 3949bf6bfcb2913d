/** What a PostgreSQL server says of itself. */
import type pg from 'pg';
import { query } from './session.js';

const VERSION = `SELECT current_setting('server_version') AS version`;
const HAS_POSTGIS = `SELECT count(*)::int AS count FROM pg_extension WHERE extname = 'postgis'`;
const POSTGIS = 'SELECT PostGIS_Lib_Version() AS postgis, PostGIS_PROJ_Version() AS proj';
const READ_ONLY = `SELECT current_setting('transaction_read_only') = 'on' AS closed, pg_is_in_recovery() AS standby`;

const TIME = `SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS time`;

/** The time by the database's clock, ISO 8601. */
export async function databaseTime(pool: pg.Pool): Promise<string> {
  const [row] = await query<{ time: string }>(pool, TIME);
  return row?.time ?? '';
}

/** PostgreSQL's version, as it writes it. */
export async function serverVersion(pool: pg.Pool): Promise<string> {
  const [row] = await query<{ version: string }>(pool, VERSION);
  return row?.version ?? '';
}

/** The versions of PostGIS and of its PROJ; undefined where the database has no PostGIS. */
export async function postgisVersions(
  pool: pg.Pool,
): Promise<{ readonly postgis: string; readonly proj: string } | undefined> {
  const [found] = await query<{ count: number }>(pool, HAS_POSTGIS);
  if (found?.count === 0) return undefined;
  const [row] = await query<{ postgis: string; proj: string }>(pool, POSTGIS);
  return { postgis: row?.postgis ?? '', proj: row?.proj.split(' ')[0] ?? '' };
}

/** Why the server takes no writes; undefined where it does. */
export async function whyReadOnly(pool: pg.Pool): Promise<'standby' | 'by default' | undefined> {
  const [state] = await query<{ closed: boolean; standby: boolean }>(pool, READ_ONLY);
  if (state?.closed !== true) return undefined;
  return state.standby ? 'standby' : 'by default';
}
