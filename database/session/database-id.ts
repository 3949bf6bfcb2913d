/** Which database this is, whatever address it is reached at: what a command asks for must be done in the database it named. */
import { DatabaseSetupError } from './errors.js';
import { query } from './session.js';
import type { Database } from './session.js';

export interface DatabaseId {
  /** The same for everyone who works in this database; another for a copy of it. */
  readonly id: string;
  /** Its name, for people. */
  readonly name: string;
}

const MAY_ASK = `
  SELECT has_function_privilege('pg_control_system()', 'EXECUTE') AS may, d.oid::int8::text AS oid, d.datname AS name
  FROM pg_database d WHERE datname = current_database()`;

/** Made with the cluster, and kept by its standbys. */
const CLUSTER = 'SELECT system_identifier::text AS cluster FROM pg_control_system()';

/** Where the cluster's own number is not told: when our schema was made. */
const FOUNDED = `SELECT extract(epoch FROM min(applied_at))::text AS cluster FROM parcelwise.migration`;

/** The cluster and the database within it. */
export async function databaseId(database: Database): Promise<DatabaseId> {
  const [found] = await query<{ may: boolean; oid: string; name: string }>(database, MAY_ASK);
  if (found === undefined) throw new Error('a database without a name');
  const [row] = await query<{ cluster: string | null }>(database, found.may ? CLUSTER : FOUNDED);
  return { id: `${row?.cluster ?? ''}/${found.oid}`, name: found.name };
}

/**
 * Sees to it that what was asked for is done in the database that was meant.
 * @param asked left out where the request does not say, as one of `temporal workflow start` need not.
 * @throws DatabaseSetupError naming both.
 */
export async function requireSameDatabase(database: Database, asked: DatabaseId | undefined): Promise<void> {
  if (asked === undefined) return;
  const ours = await databaseId(database);
  if (asked.id === ours.id) return;
  const other =
    asked.name === ours.name ? 'another database of the same name' : `the database "${ours.name}"`;
  throw new DatabaseSetupError(
    `this was asked for with a db_config.json of the database "${asked.name}", but the workers work in ${other}`,
    "Use the workers' db_config.json, or start workers with this one; a schedule made before a restore has to be created again",
  );
}
