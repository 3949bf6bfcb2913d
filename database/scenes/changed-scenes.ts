/** Scenes whose parcels may have changed since they were extracted, or since none lay under them. */
import type { CheckedSelection } from '../selection/check.js';
import {
  extractionValues,
  inSelection,
  SCENE_COLUMNS,
  type SceneCursor,
  STATUS,
  WITH_EXTRACTION,
} from './scenes.js';
import { FOOTPRINT_DIGEST } from '../ledger/origin.js';
import { query } from '../session/session.js';
import type { Database } from '../session/session.js';
import { NO_PARCELS, type Scene } from '../terms.js';

const LEDGER = `SELECT FROM parcelwise.ledger l WHERE (l.results_table, l.obsid) = (e.results_table, e.obsid)`;

/** The version of the parcels of which none lay under the scene, as the claim notes it; those of before are looked at once. */
const LOOKED_AT = `e.facts ->> 'parcelSet'`;

/** The footprint under which there were none. */
const LOOKED_UNDER = `e.facts ->> 'footprint'`;

/** Chunks of the scene were planned under another footprint than it has now. */
const PLANNED_FOR_ANOTHER = `
  SELECT FROM parcelwise.plan p WHERE (p.results_table, p.obsid) = (e.results_table, e.obsid)
    AND p.selection ->> 'footprint' <> ${FOOTPRINT_DIGEST('s.footprint')}`;

/**
 * Scenes of which chunks are stored that were extracted from another version of the parcels than $6 or under another
 * footprint, those that had no parcels in another version, and either where it was given back before its end.
 */
const changedScenes = (selection: CheckedSelection) => `${WITH_EXTRACTION(selection)}
  WHERE ${inSelection(selection)} AND (
    ${STATUS(selection)} = 'extracted' AND e.status = 'extracted'
      AND (EXISTS (${LEDGER} AND l.parcel_set IS DISTINCT FROM $6) OR EXISTS (${PLANNED_FOR_ANOTHER}))
    OR ${STATUS(selection)} = '${NO_PARCELS}' AND e.status = '${NO_PARCELS}' AND (${LOOKED_AT} IS DISTINCT FROM $6 OR ${LOOKED_UNDER} <> ${FOOTPRINT_DIGEST('s.footprint')})
    OR ${STATUS(selection)} = 'ingested' AND (EXISTS (${LEDGER}) OR ${LOOKED_AT} IS NOT NULL))`;

const LIST = (selection: CheckedSelection) => `
  SELECT ${SCENE_COLUMNS}${changedScenes(selection)}
    AND ($7::timestamp IS NULL OR (s.obstime, s.id) > ($7::timestamp, $8::integer))
  ORDER BY s.obstime, s.id LIMIT $9`;

const COUNT = (selection: CheckedSelection) => `
  SELECT count(*)::integer AS count${changedScenes(selection)}`;

/** The next scenes that were extracted from other parcels than those of the fingerprint, after a cursor, by time. */
export function listChanged(
  database: Database,
  selection: CheckedSelection,
  fingerprint: string,
  after: SceneCursor | undefined,
  limit: number,
): Promise<Scene[]> {
  const cursor = [after?.obstime ?? null, after?.obsid ?? null];
  const values = [...extractionValues(selection), fingerprint, ...cursor, limit];
  return query<Scene>(database, LIST(selection), values);
}

/** How many they are. */
export async function countChanged(
  database: Database,
  selection: CheckedSelection,
  fingerprint: string,
): Promise<number> {
  const values = [...extractionValues(selection), fingerprint];
  const [row] = await query<{ count: number }>(database, COUNT(selection), values);
  return row?.count ?? 0;
}
