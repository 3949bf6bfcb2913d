/** Plans: the chunks of an extraction, fixed once, so that every run after any accident works on the same ones. */
import type pg from 'pg';
import type { CheckedSelection } from '../selection/check.js';
import { holdClaim } from './fence.js';
import { WHOLE } from './layers.js';
import type { Origin } from './origin.js';
import { inTransaction, query } from '../session/session.js';
import type { Database } from '../session/session.js';
import type { Chunk, Owner } from '../terms.js';

type Results = Pick<CheckedSelection, 'results'>;

const READ = `
  SELECT chunk, first_pid AS "firstPid", last_pid AS "lastPid" FROM parcelwise.plan
  WHERE (results_table, obsid) = ($1, $2) ORDER BY chunk`;

const STORE = `
  INSERT INTO parcelwise.plan (results_table, obsid, chunk, first_pid, last_pid, selection, parcel_set)
  SELECT $1, $2, chunk, first_pid, last_pid, $6, $7
  FROM unnest($3::integer[], $4::integer[], $5::integer[]) AS planned (chunk, first_pid, last_pid)`;

/** Plans of before this was kept are of an origin that nobody knows. */
const OF_ANOTHER = `
  SELECT 1 FROM parcelwise.plan
  WHERE (results_table, obsid) = ($1, $2) AND (selection, parcel_set) IS DISTINCT FROM ($3::jsonb, $4::text) LIMIT 1`;

const STAMP = `
  UPDATE parcelwise.plan SET selection = $3, parcel_set = $4
  WHERE (results_table, obsid) = ($1, $2) AND (selection, parcel_set) IS DISTINCT FROM ($3::jsonb, $4::text)`;

/** Writers of one scene's plan come one after the other, and the second finds the first one's. */
export const SERIALISE =
  'SELECT 1 FROM parcelwise.extraction WHERE (results_table, obsid) = ($1, $2) FOR NO KEY UPDATE';

const STORED = `
  SELECT l.chunk FROM parcelwise.ledger l JOIN parcelwise.extraction e USING (results_table, obsid)
  WHERE (l.results_table, l.obsid) = ($1, $2) AND ${WHOLE} ORDER BY l.chunk`;

/** The chunks of a scene in order; none where there is no plan yet. */
export function readPlan(database: Database, { results }: Results, obsid: number): Promise<Chunk[]> {
  return query<Chunk>(database, READ, [results.key, obsid]);
}

/**
 * Stores the plan unless there is one, and returns the one that holds; that may be of another origin (`isPlannedFrom`).
 * @throws ClaimLost when the owner no longer holds the scene.
 */
export function storePlan(
  pool: pg.Pool,
  selection: Results,
  obsid: number,
  owner: Owner,
  chunks: readonly Chunk[],
  origin: Origin,
): Promise<Chunk[]> {
  const key = { results: selection.results.key, obsid };
  return inTransaction(pool, async (client) => {
    await client.query(SERIALISE, [key.results, obsid]);
    await holdClaim(client, key, owner);
    const stored = await readPlan(client, selection, obsid);
    if (stored.length > 0) return stored;
    const columns = [
      chunks.map((one) => one.chunk),
      chunks.map((one) => one.firstPid),
      chunks.map((one) => one.lastPid),
    ];
    await client.query(STORE, [key.results, obsid, ...columns, ...originValues(origin)]);
    return readPlan(client, selection, obsid);
  });
}

/** Whether every chunk of the plan is of this origin, or was compared with it. */
export async function isPlannedFrom(
  database: Database,
  { results }: Results,
  obsid: number,
  origin: Origin,
): Promise<boolean> {
  const values = [results.key, obsid, ...originValues(origin)];
  return (await query(database, OF_ANOTHER, values)).length === 0;
}

/** Notes that the plan was compared with this origin, and made complete by it. */
export async function stampPlan(
  client: pg.ClientBase,
  { results }: Results,
  obsid: number,
  origin: Origin,
): Promise<void> {
  await client.query(STAMP, [results.key, obsid, ...originValues(origin)]);
}

function originValues({ selection, parcelSet }: Origin): [string, string] {
  return [JSON.stringify(selection), parcelSet];
}

/** Numbers of the chunks whose rows are stored, in every band. */
export async function storedChunks(
  database: Database,
  { results }: Results,
  obsid: number,
): Promise<number[]> {
  const rows = await query<{ chunk: number }>(database, STORED, [results.key, obsid]);
  return rows.map(({ chunk }) => chunk);
}
