/**
 * Products made again, of the same datatake and tile: one processed on a later day takes the older one's place. An older scene that
 * has no rows yet ends in the word `superseded`; rows that are there stay, are noted as superseded once the newer scene
 * is extracted, and our views leave them out.
 *
 * Products of one baseline never supersede each other: a split datastrip gives two of the same datatake and tile, each
 * with its part of the ground. For the same reason the newer ones must show the ground of the older one.
 */
import type pg from 'pg';
import { STORED } from './extractions.js';
import { takeLock } from '../session/advisory-locks.js';
import type { CheckedSelection } from '../selection/check.js';
import { STATUS } from '../scenes/scenes.js';
import { execute, query } from '../session/session.js';
import type { Database } from '../session/session.js';
import type { Table } from '../terms.js';

/** The status word of a scene that is not extracted because a newer product of its acquisition is, or is about to be. */
export const SUPERSEDED = 'superseded';

export interface NewerScene {
  readonly obsid: number;
  readonly reference: string;
  readonly baseline: string | null;
}

/** Columns of scene `s` with its product `p`, as far as it has one. */
const PRODUCT = `
  s.id AS obsid, s.reference::text, parcelwise.acquisition(s.reference) AS acquisition,
  parcelwise.product_version(s.reference, p.generated_at) AS version, coalesce(p.footprint, s.footprint) AS shape`;

/** Footprints as PostGIS can cut them; looked at of few scenes only, since it takes a while. */
const GROUND = (alias: string) => `ST_CollectionExtract(ST_MakeValid(${alias}.shape), 3)`;

const JOIN_PRODUCT = (catalogueKey: string) => `
  LEFT JOIN parcelwise.product p ON (p.catalogue_table, p.obsid, p.reference) = (${catalogueKey}, s.id, s.reference::text)`;

/** Words of scenes whose rows are there, or may come. */
const ALIVE = `('ingested', 'inprogress', 'extracted')`;

/** $1 scene, $2 catalogue, $3 results table. */
const NEWER = (selection: Pick<CheckedSelection, 'catalogue' | 'statusIn'>) => `
  WITH older AS MATERIALIZED (
    SELECT s.card, ${PRODUCT} FROM ${selection.catalogue.key} s ${JOIN_PRODUCT('$2')} WHERE s.id = $1
  ), newer AS MATERIALIZED (
    SELECT ${PRODUCT} FROM older JOIN ${selection.catalogue.key} s ON s.card = older.card
      AND parcelwise.acquisition(s.reference) = older.acquisition
    ${JOIN_PRODUCT('$2')}
    LEFT JOIN parcelwise.extraction e ON (e.results_table, e.obsid) = ($3, s.id)
    WHERE ${STATUS(selection)} IN ${ALIVE}
      AND parcelwise.is_newer(parcelwise.product_version(s.reference, p.generated_at), older.version)
  )
  SELECT n.obsid, n.reference, overlay(nullif(split_part(n.version, ' ', 2), '') PLACING '.' FROM 3 FOR 0) AS baseline
  FROM newer n, older o
  WHERE parcelwise.covers((SELECT ST_Union(${GROUND('newer')}) FROM newer), ${GROUND('o')})
  ORDER BY n.version DESC, n.obsid DESC LIMIT 1`;

/** The newest scene that supersedes one for a results table, extracted or still to be; undefined where there is none. */
export async function newerScene(
  database: Database,
  selection: Pick<CheckedSelection, 'catalogue' | 'statusIn'> & { readonly results: Pick<Table, 'key'> },
  obsid: number,
): Promise<NewerScene | undefined> {
  const [row] = await query<NewerScene>(database, NEWER(selection), [
    obsid,
    selection.catalogue.key,
    selection.results.key,
  ]);
  return row;
}

/** What makes a scene be extracted though it is superseded: chunks of it are stored, or somebody has asked for it. */
const WANTED = `
  SELECT 1 FROM parcelwise.extraction e WHERE (e.results_table, e.obsid) = ($1, $2)
    AND (e.facts ->> 'superseded' = 'wanted'
      OR ${STORED})`;

/** The scene in whose favour one that is claimed should not be extracted. */
export async function supersedingScene(
  database: Database,
  selection: CheckedSelection,
  obsid: number,
): Promise<NewerScene | undefined> {
  const newer = await newerScene(database, selection, obsid);
  if (newer === undefined) return undefined;
  const wanted = await query(database, WANTED, [selection.results.key, obsid]);
  return wanted.length > 0 ? undefined : newer;
}

/** Two scenes of one acquisition that end at the same time would not see each other. */
const LOCK = ({ key }: Table) =>
  `${takeLock('acquisition', 'hashtext(parcelwise.acquisition(s.reference))')} FROM ${key} s WHERE s.id = $1`;

/** To be called first in a transaction that ends with `markSuperseded` of one scene's acquisition. */
export async function lockAcquisition(client: pg.ClientBase, catalogue: Table, obsid: number): Promise<void> {
  await client.query(LOCK(catalogue), [obsid]);
}

/**
 * All extractions with rows in results table $1, or those of the acquisition of scene $3. One that is marked already is looked at
 * again when something newer than its mark is extracted.
 */
const MARK = ({ key }: Table) => `
  WITH scene AS MATERIALIZED (
    SELECT s.id, s.reference, s.footprint, parcelwise.acquisition(s.reference) AS acquisition, e.status, k.by_obsid
    FROM parcelwise.extraction e JOIN ${key} s ON s.id = e.obsid
    LEFT JOIN parcelwise.supersession k ON (k.results_table, k.obsid) = (e.results_table, e.obsid)
    WHERE e.results_table = $1 AND e.catalogue_table = $2
      AND ($3::integer IS NULL OR parcelwise.acquisition(s.reference) = (SELECT parcelwise.acquisition(reference) FROM ${key} WHERE id = $3))
  ), product AS MATERIALIZED (
    SELECT ${PRODUCT}, s.status, s.by_obsid FROM scene s ${JOIN_PRODUCT('$2')}
    WHERE s.acquisition IN (SELECT acquisition FROM scene GROUP BY acquisition HAVING count(*) > 1)
  )
  INSERT INTO parcelwise.supersession AS k (results_table, obsid, by_obsid)
  SELECT $1, o.obsid, (array_agg(n.obsid ORDER BY n.version DESC, n.obsid DESC))[1]
  FROM product o LEFT JOIN product m ON m.obsid = o.by_obsid
  JOIN product n ON n.acquisition = o.acquisition AND n.status = 'extracted'
    AND parcelwise.is_newer(n.version, o.version) AND (m.version IS NULL OR parcelwise.is_newer(n.version, m.version))
  WHERE EXISTS (SELECT FROM parcelwise.ledger l WHERE (l.results_table, l.obsid) = ($1, o.obsid))
  GROUP BY o.obsid, o.shape HAVING parcelwise.covers(ST_Union(${GROUND('n')}), ${GROUND('o')})
  ON CONFLICT (results_table, obsid) DO UPDATE SET by_obsid = excluded.by_obsid, since = now()
  WHERE k.by_obsid <> excluded.by_obsid`;

/** Marks whose newer scene is none, by the names both have now. */
const UNMARK = ({ key }: Table) => `
  WITH product AS MATERIALIZED (
    SELECT ${PRODUCT} FROM ${key} s ${JOIN_PRODUCT('$2')}
    WHERE s.id IN (SELECT unnest(ARRAY[obsid, by_obsid]) FROM parcelwise.supersession WHERE results_table = $1)
  )
  DELETE FROM parcelwise.supersession k USING product o, product n, parcelwise.extraction e
  WHERE k.results_table = $1 AND o.obsid = k.obsid AND n.obsid = k.by_obsid
    AND (e.results_table, e.obsid, e.catalogue_table) = ($1, k.obsid, $2)
    AND (o.acquisition <> n.acquisition OR NOT parcelwise.is_newer(n.version, o.version))`;

/**
 * Notes which extractions of a results table are superseded by ones that are extracted: of one scene's acquisition, or
 * of all. Repeating it is harmless.
 * @returns how many notes are new or changed.
 */
export async function markSuperseded(
  database: Database,
  { catalogue, results }: { readonly catalogue: Table; readonly results: Pick<Table, 'key'> },
  obsid: number | null = null,
): Promise<number> {
  if (obsid === null) await execute(database, UNMARK(catalogue), [results.key, catalogue.key]);
  return execute(database, MARK(catalogue), [results.key, catalogue.key, obsid]);
}

/**
 * Scenes that ended as superseded, of which no newer one is there any more or to come. As long as none of the newer ones
 * has ended without rows there is nothing to look at.
 */
const REVIVE = (selection: CheckedSelection) => `
  WITH waiting AS MATERIALIZED (
    SELECT ${PRODUCT}, e.status_in FROM parcelwise.extraction e JOIN ${selection.catalogue.key} s ON s.id = e.obsid
    ${JOIN_PRODUCT('$2')}
    WHERE e.results_table = $1 AND e.catalogue_table = $2 AND e.status = '${SUPERSEDED}'
      AND (e.status_in = 'parcelwise' OR s.status = '${SUPERSEDED}')
  ), newer AS MATERIALIZED (
    SELECT ${PRODUCT}, ${STATUS(selection)} AS status FROM ${selection.catalogue.key} s ${JOIN_PRODUCT('$2')}
    LEFT JOIN parcelwise.extraction e ON (e.results_table, e.obsid) = ($1, s.id)
    WHERE EXISTS (SELECT FROM waiting) AND parcelwise.acquisition(s.reference) IN (SELECT acquisition FROM waiting)
  ), doubtful AS MATERIALIZED (
    SELECT w.obsid, w.acquisition, w.version, w.shape, w.status_in
    FROM waiting w LEFT JOIN newer n ON n.acquisition = w.acquisition AND parcelwise.is_newer(n.version, w.version)
    GROUP BY 1, 2, 3, 4, 5
    HAVING NOT coalesce(bool_or(n.status IN ${ALIVE}), false) OR bool_or(n.status NOT IN ${ALIVE} AND n.status <> '${SUPERSEDED}')
  ), settled AS (
    SELECT d.obsid FROM doubtful d
    JOIN newer n ON n.acquisition = d.acquisition AND parcelwise.is_newer(n.version, d.version) AND n.status IN ${ALIVE}
    GROUP BY d.obsid, d.shape HAVING parcelwise.covers(ST_Union(${GROUND('n')}), ${GROUND('d')})
  ), freed AS (
    UPDATE parcelwise.extraction e SET status = 'ingested', reason = NULL,
      word = CASE WHEN e.status_in = 'catalogue' THEN 'ingested' END
    FROM doubtful d
    WHERE (e.results_table, e.obsid) = ($1, d.obsid) AND e.status = '${SUPERSEDED}' AND d.obsid NOT IN (SELECT obsid FROM settled)
    RETURNING e.obsid, e.status_in
  ), words AS (
    UPDATE ${selection.catalogue.key} s SET status = 'ingested' FROM freed
    WHERE s.id = freed.obsid AND freed.status_in = 'catalogue' AND s.status = '${SUPERSEDED}'
  )
  SELECT obsid FROM freed`;

/**
 * Sets scenes back to `ingested` that were left alone in favour of one that could not be extracted.
 * @returns how many.
 */
export async function reviveSuperseded(database: Database, selection: CheckedSelection): Promise<number> {
  const values = [selection.results.key, selection.catalogue.key];
  return (await query(database, REVIVE(selection), values)).length;
}
