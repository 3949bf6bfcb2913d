/** Extracted scenes that lack layers which are asked for, or parcels of them that were skipped. */
import { clearLayer, LAYERS_OF } from '../ledger/layer-names.js';
import { ALL_STORED, lackingLayers, NOT_ADDED } from '../ledger/lacking.js';
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
import { LEDGER_OF, STORED } from '../ledger/extractions.js';
import { countSkipped, SKIPPED_IN } from '../ledger/skipped.js';
import { query } from '../session/session.js';
import type { Database } from '../session/session.js';
import type { Scene } from '../terms.js';

/** What is asked for, by names in the results table. */
export interface AskedLayers {
  readonly bands: readonly string[];
  readonly clearBands: readonly string[];
  /** Those of the bands of which parcels that were skipped for clouds are asked for, too. */
  readonly skipped?: readonly string[] | undefined;
  /** Layers that could not be added to a scene since this time have been tried. ISO 8601, by the database's clock. */
  readonly since?: string | undefined;
}

/** What a scene could not be given since $7. */
const NOT_TO_BE_HAD = `CASE WHEN e.finished_at >= $7::timestamptz THEN ${NOT_ADDED('e')} ELSE '{}' END`;

/**
 * Scenes with parcels, extracted without some of the layers $6 or with parcels that were skipped in some of the layers $8, and those
 * that were given back when all of their chunks were stored: they lack layers that were being added, or nothing but the word.
 */
const lackingScenes = (selection: CheckedSelection) => `${WITH_EXTRACTION(selection)}
  WHERE ${inSelection(selection)} AND (
    ${STATUS(selection)} = 'extracted' AND e.status = 'extracted' AND (
      NOT $6::text[] <@ (${LAYERS_OF('e')} || ${NOT_TO_BE_HAD}) AND EXISTS (${LEDGER_OF} AND l.parcels > 0)
      OR EXISTS (${SKIPPED_IN('$8::text[]')} AND g.band <> ALL (${NOT_TO_BE_HAD})))
    OR ${STATUS(selection)} = 'ingested' AND e.status <> 'extracted' AND ${STORED} AND ${ALL_STORED})`;

/** The next scenes that lack some of these layers, after a cursor, by time. */
export function listLacking(
  database: Database,
  selection: CheckedSelection,
  asked: AskedLayers,
  after: SceneCursor | undefined,
  limit: number,
): Promise<Scene[]> {
  return pageOf(database, lackingScenes(selection), valuesOf(selection, asked), after, limit);
}

/** How many they are. */
export function countLacking(
  database: Database,
  selection: CheckedSelection,
  asked: AskedLayers,
): Promise<number> {
  return countOf(database, lackingScenes(selection), valuesOf(selection, asked));
}

function valuesOf(
  selection: CheckedSelection,
  { bands, clearBands, since, skipped = [] }: AskedLayers,
): unknown[] {
  const layers = [...bands, ...clearBands.map(clearLayer)];
  return [...extractionValues(selection), layers, since ?? null, skipped];
}

/** What a scene has been extracted in. */
export interface HeldLayers {
  /** Those that all of its chunks have. */
  readonly layers: readonly string[];
  /** Parcels of its chunks. */
  readonly parcels: number;
  /** How many parcels were skipped in each of the bands that were asked about; those of none are left out. */
  readonly skipped: ReadonlyMap<string, number>;
}

const HELD = `
  SELECT ${LAYERS_OF('e')} AS layers, coalesce((
    SELECT sum(l.parcels) FROM parcelwise.ledger l WHERE (l.results_table, l.obsid) = (e.results_table, e.obsid)), 0)::integer AS parcels
  FROM parcelwise.extraction e WHERE (results_table, obsid) = ($1, $2)`;

/**
 * The layers that are stored of a scene; none where it has no extraction.
 * @param bands of which skipped parcels are counted
 */
export async function heldLayers(
  database: Database,
  { results }: Pick<CheckedSelection, 'results'>,
  obsid: number,
  bands: readonly string[],
): Promise<HeldLayers> {
  const key = [results.key, obsid] as const;
  const [held] = await query<Omit<HeldLayers, 'skipped'>>(database, HELD, [...key]);
  if (held === undefined) return { layers: [], parcels: 0, skipped: new Map() };
  const lacking = await lackingLayers(database, key);
  return {
    layers: held.layers.filter((layer) => !lacking.includes(layer)),
    parcels: held.parcels,
    skipped: await countSkipped(database, key, bands),
  };
}
