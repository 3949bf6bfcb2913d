/** Scenes whose parcels may have changed since they were extracted, or since none lay under them. */
import type { CheckedSelection } from '../selection/check.js';
import {
  countOf,
  extractionValues,
  inSelection,
  pageOf,
  type SceneCursor,
  STATUS,
  WITH_EXTRACTION,
} from './scenes.js';
import { FOOTPRINT_DIGEST } from '../ledger/origin.js';
import { LEDGER_OF, STORED } from '../ledger/extractions.js';
import type { Database } from '../session/session.js';
import { NO_PARCELS, type Scene } from '../terms.js';

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
      AND (EXISTS (${LEDGER_OF} AND l.parcel_set IS DISTINCT FROM $6) OR EXISTS (${PLANNED_FOR_ANOTHER}))
    OR ${STATUS(selection)} = '${NO_PARCELS}' AND e.status = '${NO_PARCELS}' AND (${LOOKED_AT} IS DISTINCT FROM $6 OR ${LOOKED_UNDER} <> ${FOOTPRINT_DIGEST('s.footprint')})
    OR ${STATUS(selection)} = 'ingested' AND (${STORED} OR ${LOOKED_AT} IS NOT NULL))`;

/** The next scenes that were extracted from other parcels than those of the fingerprint, after a cursor, by time. */
export function listChanged(
  database: Database,
  selection: CheckedSelection,
  fingerprint: string,
  after: SceneCursor | undefined,
  limit: number,
): Promise<Scene[]> {
  return pageOf(
    database,
    changedScenes(selection),
    [...extractionValues(selection), fingerprint],
    after,
    limit,
  );
}

/** How many they are. */
export function countChanged(
  database: Database,
  selection: CheckedSelection,
  fingerprint: string,
): Promise<number> {
  return countOf(database, changedScenes(selection), [...extractionValues(selection), fingerprint]);
}
