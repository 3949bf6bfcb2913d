/** Extracted scenes that lack layers which are asked for. */
import { clearLayer, LAYERS_OF } from '../ledger/layer-names.js';
import { lackingLayers, NOT_ADDED } from '../ledger/lacking.js';
import type { CheckedSelection } from '../selection/check.js';
import {
  extractionValues,
  inSelection,
  SCENE_COLUMNS,
  type SceneCursor,
  STATUS,
  WITH_EXTRACTION,
} from './scenes.js';
import { query } from '../session/session.js';
import type { Database } from '../session/session.js';
import type { Scene } from '../terms.js';

/** What is asked for, by names in the results table. */
export interface AskedLayers {
  readonly bands: readonly string[];
  readonly clearBands: readonly string[];
  /** Layers that could not be added to a scene since this time have been tried. ISO 8601, by the database's clock. */
  readonly since?: string | undefined;
}

const LEDGER = `SELECT FROM parcelwise.ledger l WHERE (l.results_table, l.obsid) = (e.results_table, e.obsid)`;

const UNSTORED = `
  SELECT FROM parcelwise.plan p LEFT JOIN parcelwise.ledger l USING (results_table, obsid, chunk)
  WHERE (p.results_table, p.obsid) = (e.results_table, e.obsid) AND l.chunk IS NULL`;

/** What a scene has, and what it could not be given since $7. */
const ANSWERED = `(${LAYERS_OF('e')} || CASE WHEN e.finished_at >= $7::timestamptz THEN ${NOT_ADDED('e')} ELSE '{}' END)`;

/**
 * Scenes with parcels, extracted without some of the layers $6, and those that were given back when all of their chunks were
 * stored: they lack layers that were being added, or nothing but the word.
 */
const lackingScenes = (selection: CheckedSelection) => `${WITH_EXTRACTION(selection)}
  WHERE ${inSelection(selection)} AND (
    ${STATUS(selection)} = 'extracted' AND e.status = 'extracted' AND NOT $6::text[] <@ ${ANSWERED} AND EXISTS (${LEDGER} AND l.parcels > 0)
    OR ${STATUS(selection)} = 'ingested' AND e.status <> 'extracted' AND EXISTS (${LEDGER}) AND NOT EXISTS (${UNSTORED}))`;

const LIST = (selection: CheckedSelection) => `
  SELECT ${SCENE_COLUMNS}${lackingScenes(selection)}
    AND ($8::timestamp IS NULL OR (s.obstime, s.id) > ($8::timestamp, $9::integer))
  ORDER BY s.obstime, s.id LIMIT $10`;

const COUNT = (selection: CheckedSelection) => `
  SELECT count(*)::integer AS count${lackingScenes(selection)}`;

/** The next scenes that lack some of these layers, after a cursor, by time. */
export function listLacking(
  database: Database,
  selection: CheckedSelection,
  asked: AskedLayers,
  after: SceneCursor | undefined,
  limit: number,
): Promise<Scene[]> {
  const cursor = [after?.obstime ?? null, after?.obsid ?? null];
  return query<Scene>(database, LIST(selection), [...valuesOf(selection, asked), ...cursor, limit]);
}

/** How many they are. */
export async function countLacking(
  database: Database,
  selection: CheckedSelection,
  asked: AskedLayers,
): Promise<number> {
  const [row] = await query<{ count: number }>(database, COUNT(selection), valuesOf(selection, asked));
  return row?.count ?? 0;
}

function valuesOf(selection: CheckedSelection, { bands, clearBands, since }: AskedLayers): unknown[] {
  return [...extractionValues(selection), [...bands, ...clearBands.map(clearLayer)], since ?? null];
}

/** What a scene has been extracted in. */
export interface HeldLayers {
  /** Those that all of its chunks have. */
  readonly layers: readonly string[];
  /** Parcels of its chunks. */
  readonly parcels: number;
}

const HELD = `
  SELECT ${LAYERS_OF('e')} AS layers, coalesce((
    SELECT sum(l.parcels) FROM parcelwise.ledger l WHERE (l.results_table, l.obsid) = (e.results_table, e.obsid)), 0)::integer AS parcels
  FROM parcelwise.extraction e WHERE (results_table, obsid) = ($1, $2)`;

/** The layers that are stored of a scene; none where it has no extraction. */
export async function heldLayers(
  database: Database,
  { results }: Pick<CheckedSelection, 'results'>,
  obsid: number,
): Promise<HeldLayers> {
  const key = [results.key, obsid] as const;
  const [held] = await query<HeldLayers>(database, HELD, [...key]);
  if (held === undefined) return { layers: [], parcels: 0 };
  const lacking = await lackingLayers(database, key);
  return { ...held, layers: held.layers.filter((layer) => !lacking.includes(layer)) };
}
