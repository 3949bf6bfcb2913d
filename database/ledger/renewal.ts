/**
 * Renewals: the parcels of a scene that were added or redrawn since its chunks were planned, or that another selection of
 * parcels brings, as further chunks of its plan. Such a chunk lists its parcels; when it is stored, their old rows go in the same transaction. Parcels that the scene no longer
 * meets keep their rows and are noted as gone.
 */
import type pg from 'pg';
import type { CheckedSelection } from '../selection/check.js';
import { holdClaim } from './fence.js';
import { DatabaseSetupError } from '../session/errors.js';
import { WHOLE } from './layers.js';
import { type Origin, originOf } from './origin.js';
import { DIGEST, keepParcelSet } from '../parcels/parcel-sets.js';
import { ofScene, withAoi } from '../selection/parcel-rule.js';
import { isPlannedFrom, SERIALISE, stampPlan } from './plan.js';
import { inSnapshot, inTransaction, query } from '../session/session.js';
import type { Database } from '../session/session.js';
import type { Owner } from '../terms.js';

export interface Renewal {
  /** Parcels found to be added to those the scene has, redrawn since, and gone. */
  readonly added: number;
  readonly redrawn: number;
  readonly gone: number;
  /** Chunks of the scene that are still to be stored, or lack layers, those of this renewal among them. */
  readonly pending: number;
}

/**
 * What has changed between the parcels of each stored chunk, as its version had them, and now. Parcels of chunks that are
 * not stored yet will be extracted as they are then, and are left out. What was gone and is met again counts as redrawn:
 * the version of its chunk is a later one than its rows. $4 results table.
 */
const CHANGES = (selection: CheckedSelection) => `
  ${withAoi(selection)}, met AS MATERIALIZED (
    SELECT p.ogc_fid::integer AS pid, ${DIGEST('p.wkb_geometry')} AS digest ${ofScene(selection)}
  ), pending AS MATERIALIZED (
    SELECT p.first_pid, p.last_pid, p.pids FROM parcelwise.plan p
    LEFT JOIN parcelwise.ledger l USING (results_table, obsid, chunk) WHERE (p.results_table, p.obsid) = ($4, $1) AND l.chunk IS NULL
  ), stored AS MATERIALIZED (
    SELECT pid, l.parcel_set FROM parcelwise.ledger l CROSS JOIN unnest(l.pids) AS pid WHERE (l.results_table, l.obsid) = ($4, $1)
  ), version AS MATERIALIZED (
    SELECT s.parcel_set, one.pid, one.digest FROM parcelwise.parcel_set s CROSS JOIN unnest(s.pids, s.digests) AS one (pid, digest)
    WHERE s.parcel_set IN (SELECT DISTINCT parcel_set FROM stored)
  ), away AS MATERIALIZED (
    SELECT DISTINCT one AS gone FROM parcelwise.extraction e CROSS JOIN unnest(e.gone) AS one WHERE (e.results_table, e.obsid) = ($4, $1)
  ), compared AS (
    SELECT pid, CASE WHEN met.pid IS NULL THEN 'gone' WHEN stored.pid IS NULL THEN 'added'
                     WHEN version.digest IS DISTINCT FROM met.digest OR away.gone IS NOT NULL THEN 'redrawn' END AS change
    FROM met FULL JOIN stored USING (pid) LEFT JOIN version USING (parcel_set, pid) LEFT JOIN away ON away.gone = met.pid
  )
  SELECT change, array_agg(pid ORDER BY pid) AS pids FROM compared
  WHERE change IS NOT NULL AND (change = 'gone' OR NOT EXISTS (
      SELECT FROM pending WHERE pid BETWEEN first_pid AND last_pid AND (pids IS NULL OR pid = ANY (pids))))
  GROUP BY change`;

const ADD_CHUNK = `
  INSERT INTO parcelwise.plan (results_table, obsid, chunk, first_pid, last_pid, pids)
  SELECT $1, $2, coalesce(max(chunk), -1) + 1, $3, $4, $5 FROM parcelwise.plan WHERE (results_table, obsid) = ($1, $2)`;

/** What is stored agrees with this version now, but for what is planned to be done anew, and what is gone. */
const STAMP = `UPDATE parcelwise.ledger SET parcel_set = $3 WHERE (results_table, obsid) = ($1, $2) AND parcel_set IS DISTINCT FROM $3`;

const NOTE_GONE = `UPDATE parcelwise.extraction SET gone = $3 WHERE (results_table, obsid) = ($1, $2)`;

const PENDING = `
  SELECT count(*)::integer AS pending FROM parcelwise.plan p JOIN parcelwise.extraction e USING (results_table, obsid)
  LEFT JOIN parcelwise.ledger l USING (results_table, obsid, chunk)
  WHERE (p.results_table, p.obsid) = ($1, $2) AND (l.chunk IS NULL OR NOT ${WHOLE})`;

/** What is stored and what is planned of a scene: it must be the same when a comparison is written down. */
const STATE = `
  SELECT coalesce(md5(string_agg(concat_ws(':', p.chunk, l.chunk, l.parcel_set), ',' ORDER BY p.chunk)), '') AS state,
         coalesce(bool_or(l.chunk IS NOT NULL AND l.pids IS NULL), false) AS unlisted
  FROM parcelwise.plan p LEFT JOIN parcelwise.ledger l USING (results_table, obsid, chunk)
  WHERE (p.results_table, p.obsid) = ($1, $2)`;

/** Chunks of a scene are stored so seldom while it is compared that a few attempts do. */
const ATTEMPTS = 10;

/**
 * Compares a scene's stored parcels with those that the selection meets now, and plans what is missing or has changed.
 * Asked again it finds nothing new, since what it has planned stays planned until it is stored.
 * @throws ClaimLost when the owner no longer holds the scene; DatabaseSetupError where the ledger does not list its parcels.
 */
export async function planRenewal(
  pool: pg.Pool,
  selection: CheckedSelection,
  obsid: number,
  owner: Owner,
  chunkParcels: number,
): Promise<Renewal> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    // The comparison sees one moment, and takes long; a lock of the scene that it held would not be of that moment.
    const compared = await inSnapshot(pool, async (client) => ({
      state: await stateOf(client, selection, obsid),
      origin: await originOf(client, selection, obsid),
      changes: await changesOf(client, selection, obsid),
    }));
    await keepParcelSet(pool, selection, compared.origin.parcelSet);
    const renewal = await writeRenewal(pool, selection, obsid, owner, chunkParcels, compared);
    if (renewal !== undefined) return renewal;
  }
  throw new Error(`chunks of scene ${obsid} are stored again and again while its parcels are compared`);
}

interface Compared {
  readonly state: string;
  readonly origin: Origin;
  readonly changes: Record<Change, number[]>;
}

/** Undefined where a chunk was stored or planned since the comparison. */
function writeRenewal(
  pool: pg.Pool,
  selection: CheckedSelection,
  obsid: number,
  owner: Owner,
  chunkParcels: number,
  { state, origin, changes }: Compared,
): Promise<Renewal | undefined> {
  const key = [selection.results.key, obsid];
  const { added, redrawn, gone } = changes;
  return inTransaction(pool, async (client) => {
    await client.query(SERIALISE, key);
    await holdClaim(client, { results: selection.results.key, obsid }, owner);
    if ((await stateOf(client, selection, obsid)) !== state) return undefined;
    for (const pids of piecesOf(
      [...added, ...redrawn].sort((a, b) => a - b),
      chunkParcels,
    ))
      await client.query(ADD_CHUNK, [...key, pids[0], pids.at(-1), pids]);
    await stampPlan(client, selection, obsid, origin);
    await client.query(STAMP, [...key, origin.parcelSet]);
    await client.query(NOTE_GONE, [...key, gone.length === 0 ? null : gone]);
    const [left] = await query<{ pending: number }>(client, PENDING, key);
    const counts = { added: added.length, redrawn: redrawn.length, gone: gone.length };
    return { ...counts, pending: left?.pending ?? 0 };
  });
}

/** @throws DatabaseSetupError where chunks were stored before the ledger listed parcels: of those nothing can be compared. */
async function stateOf(database: Database, { results }: CheckedSelection, obsid: number): Promise<string> {
  const [row] = await query<{ state: string; unlisted: boolean }>(database, STATE, [results.key, obsid]);
  if (row?.unlisted !== true) return row?.state ?? '';
  throw new DatabaseSetupError(
    `chunks of scene ${obsid} of ${results.key} were stored before the ledger listed parcels, and by another selection of them`,
    `Start over with the scene: parcelwise scene forget --results ${results.key} ${obsid}`,
  );
}

type Change = 'added' | 'redrawn' | 'gone';

/** The parcels of an extracted scene that have changed since; it only reads. */
export async function changesOf(
  database: Database,
  selection: CheckedSelection,
  obsid: number,
): Promise<Record<Change, number[]>> {
  const values = [obsid, selection.aoi.name, selection.minAreaM2, selection.results.key];
  const rows = await query<{ change: Change; pids: number[] }>(database, CHANGES(selection), values);
  const none: Record<Change, number[]> = { added: [], redrawn: [], gone: [] };
  return { ...none, ...Object.fromEntries(rows.map(({ change, pids }) => [change, pids])) };
}

const GONE = `SELECT 1 FROM parcelwise.extraction WHERE (results_table, obsid) = ($1, $2) AND gone IS NOT NULL`;

/**
 * The stored parcels of a scene that are others now than its rows are of, or that it does not meet any more, ascending. What
 * `origin` is of, the caller's transaction must see.
 */
export async function changedSince(
  database: Database,
  selection: CheckedSelection,
  obsid: number,
  origin: Origin,
): Promise<number[]> {
  const isOfThese = await isPlannedFrom(database, selection, obsid, origin);
  if (isOfThese && (await query(database, GONE, [selection.results.key, obsid])).length === 0) return [];
  const { redrawn, gone } = await changesOf(database, selection, obsid);
  return [...redrawn, ...gone].sort((a, b) => a - b);
}

function piecesOf(pids: readonly number[], size: number): number[][] {
  const pieces: number[][] = [];
  for (let from = 0; from < pids.length; from += size) pieces.push(pids.slice(from, from + size));
  return pieces;
}

const LISTED = `
  SELECT chunk, pids FROM parcelwise.plan WHERE (results_table, obsid) = ($1, $2) AND chunk = ANY ($3) AND pids IS NOT NULL`;

/** The parcels of those chunks that list them. */
export async function listedParcels(
  database: Database,
  { results }: Pick<CheckedSelection, 'results'>,
  obsid: number,
  chunks: readonly number[],
): Promise<Record<number, number[]>> {
  const rows = await query<{ chunk: number; pids: number[] }>(database, LISTED, [results.key, obsid, chunks]);
  return Object.fromEntries(rows.map(({ chunk, pids }) => [chunk, pids]));
}
