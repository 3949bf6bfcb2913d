/** The database's programs, by which areas and transformations were reckoned. */
import { query } from '../session/session.js';
import type { Database } from '../session/session.js';

const VERSIONS = `
  SELECT split_part(current_setting('server_version'), ' ', 1) AS postgresql, postgis_lib_version() AS postgis,
         split_part(postgis_proj_version(), ' ', 1) AS proj, to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS now`;

export interface ServerVersions {
  readonly postgresql: string;
  readonly postgis: string;
  readonly proj: string;
  /** The transaction's time, UTC. */
  readonly now: string;
}

export async function serverVersions(database: Database): Promise<ServerVersions> {
  const [row] = await query<ServerVersions>(database, VERSIONS);
  if (row === undefined) throw new Error('a statement without a row');
  return row;
}
