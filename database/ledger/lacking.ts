/**
 * What the stored chunks of an extraction lack: layers that were asked for after they were stored, and parcels that were skipped
 * for clouds. Such a chunk keeps its parcels and its rows, and gets these rows beside them.
 */
import type pg from 'pg';
import type { CheckedSelection } from '../selection/check.js';
import { DatabaseSetupError } from '../session/errors.js';
import { execute, query } from '../session/session.js';
import type { Database } from '../session/session.js';
import { CLEAR_LAYER, LAYERS_OF } from './layer-names.js';
import { HAS_LAYER } from './layers.js';
import { SKIPPED_IN, type Skipped, skippedOf } from './skipped.js';

/** A chunk that is stored, but not every layer of its extraction. */
export interface Lacking {
  /** Ascending; a row or a reason of each is wanted in each layer. */
  readonly pids: readonly number[];
  readonly layers: readonly string[];
  /** Of layers that it has, parcels that were skipped and are wanted too. */
  readonly skipped: readonly Skipped[];
}

/** Those of the extraction `e` that chunk `l` of the ledger lacks. */
const LAYERS = `ARRAY(
  SELECT one.name FROM unnest(${LAYERS_OF('e')}) AS one (name) WHERE NOT ${HAS_LAYER('l', 'one.name')})`;

const OF_CHUNKS = `
  SELECT l.chunk, l.pids, ${LAYERS} AS layers FROM parcelwise.ledger l JOIN parcelwise.extraction e USING (results_table, obsid)
  WHERE (l.results_table, l.obsid) = ($1, $2) AND ($3::integer IS NULL OR l.chunk = $3)`;

/** Before its layers are asked for, so that the next statement sees those that another one is storing. */
const LOCK = `
  SELECT FROM parcelwise.ledger WHERE (results_table, obsid, chunk) = ($1, $2, $3) FOR NO KEY UPDATE`;

interface Line {
  readonly chunk: number;
  /** NULL where it was stored before the ledger listed parcels. */
  readonly pids: number[] | null;
  readonly layers: string[];
}

/**
 * The chunks of a scene that are stored and lack something.
 * @param wanted raw layers of which parcels that were skipped are wanted
 * @throws DatabaseSetupError where one was stored before the ledger listed parcels.
 */
export async function lackingChunks(
  database: Database,
  { results: { key: results } }: Pick<CheckedSelection, 'results'>,
  obsid: number,
  wanted: readonly string[] = [],
): Promise<Map<number, Lacking>> {
  const lines = await query<Line>(database, OF_CHUNKS, [results, obsid, null]);
  const skippedIn = await skippedOf(database, [results, obsid], wanted);
  return new Map(
    lines.flatMap(({ chunk, pids, layers }) => {
      const skipped = skippedIn.get(chunk) ?? [];
      if (layers.length === 0 && skipped.length === 0) return [];
      if (pids === null) throw unlisted(results, obsid);
      return [[chunk, { pids, layers, skipped }]];
    }),
  );
}

/** Of a chunk of the ledger, which is locked until the transaction ends. */
export async function lackingOf(
  client: pg.ClientBase,
  key: readonly [results: string, obsid: number],
  chunk: number,
  wanted: readonly string[],
): Promise<Lacking> {
  await client.query(LOCK, [...key, chunk]);
  const [line] = await query<Line>(client, OF_CHUNKS, [...key, chunk]);
  const skipped = (await skippedOf(client, key, wanted, chunk)).get(chunk) ?? [];
  return { pids: line?.pids ?? [], layers: line?.layers ?? [], skipped };
}

const OF_EXTRACTION = `
  SELECT one.layer FROM parcelwise.extraction e CROSS JOIN unnest(${LAYERS_OF('e')}) WITH ORDINALITY AS one (layer, place)
  WHERE (e.results_table, e.obsid) = ($1, $2) AND EXISTS (
    SELECT FROM parcelwise.plan p WHERE (p.results_table, p.obsid) = ($1, $2) AND NOT ${HAS_LAYER('p', 'one.layer')})
  ORDER BY one.place`;

/** Layers of an extraction that some chunk of its plan lacks, stored or not. */
export async function lackingLayers(
  database: Database,
  key: readonly [results: string, obsid: number],
): Promise<string[]> {
  return (await query<{ layer: string }>(database, OF_EXTRACTION, [...key])).map(({ layer }) => layer);
}

/** Every chunk of the plan of extraction `e` is stored. */
export const ALL_STORED = `
  NOT EXISTS (
    SELECT FROM parcelwise.plan p LEFT JOIN parcelwise.ledger l USING (results_table, obsid, chunk)
    WHERE (p.results_table, p.obsid) = (e.results_table, e.obsid) AND l.chunk IS NULL)`;

/** Every chunk of the plan is stored, and a layer that one of them lacks all of them lack. */
const STANDS = `${ALL_STORED}
  AND NOT EXISTS (
    SELECT FROM parcelwise.stored_layer y WHERE (y.results_table, y.obsid) = (e.results_table, e.obsid)
    GROUP BY layer HAVING count(*) < (SELECT count(*) FROM parcelwise.ledger l WHERE (l.results_table, l.obsid) = (e.results_table, e.obsid)))`;

const IS_STORED = (layer: string) => `EXISTS (
  SELECT FROM parcelwise.stored_layer y WHERE (y.results_table, y.obsid, y.layer) = (e.results_table, e.obsid, ${layer}))`;

const STORED_OF = (bands: string, layer: string) => `ARRAY(
  SELECT band FROM unnest(${bands}) WITH ORDINALITY AS one (band, place) WHERE ${IS_STORED(layer)} ORDER BY place)`;

/** Rules of what is not stored are forgotten with it, so that it may be asked for by others. */
const GIVE_UP = (which: string) => `
  UPDATE parcelwise.extraction e SET
    bands = kept.bands, clear_bands = kept.clear_bands,
    clear_table = CASE WHEN kept.clear_bands <> '{}' THEN e.clear_table END,
    hists_table = CASE WHEN e.class_band = ANY (kept.bands) THEN e.hists_table END,
    class_band = CASE WHEN e.class_band = ANY (kept.bands) THEN e.class_band END,
    rule = CASE WHEN kept.clear_bands <> '{}' THEN e.rule ELSE e.rule - 'clear' END,
    facts = e.facts - 'adding' || jsonb_build_object('notAdded', kept.others)
  FROM (SELECT results_table, obsid, ${STORED_OF('e.bands', 'band')} AS bands, ${STORED_OF('e.clear_bands', CLEAR_LAYER('band'))} AS clear_bands,
               ARRAY(SELECT one FROM unnest(${LAYERS_OF('e')}) AS one WHERE NOT ${IS_STORED('one')})
                 || ARRAY(SELECT one FROM unnest(${namedIn('e', 'adding')}) AS one WHERE EXISTS (${SKIPPED_IN('ARRAY[one]')})) AS others
        FROM parcelwise.extraction e WHERE results_table = $1 AND ${which}) AS kept
  WHERE (e.results_table, e.obsid) = (kept.results_table, kept.obsid) AND ${which} AND kept.bands <> '{}' AND ${STANDS}`;

const GIVE_UP_ONE = GIVE_UP('e.obsid = $2');
const GIVE_UP_GIVEN_BACK = `${GIVE_UP(`e.status = 'ingested'`)} AND kept.others <> '{}'`;

/** The layers that extraction `e` was to be given last, and was not, or not of all of its parcels: an array. */
export const NOT_ADDED = (extraction: string) => namedIn(extraction, 'notAdded');

/** Layers by a fact of an extraction; `adding` are those whose skipped parcels are being extracted. */
function namedIn(extraction: string, fact: 'notAdded' | 'adding'): string {
  return `ARRAY(SELECT jsonb_array_elements_text(coalesce(${extraction}.facts -> '${fact}', '[]')))`;
}

/**
 * Lets an extraction be about nothing but the layers that are stored of all its parcels, where such there are and no other was
 * begun: it is then what it was before more was asked for.
 * @returns whether it is.
 */
export async function giveUpLacking(
  client: pg.ClientBase,
  key: readonly [results: string, obsid: number],
): Promise<boolean> {
  return (await execute(client, GIVE_UP_ONE, [...key])) > 0;
}

/** The same of all scenes of a results table that were given back, so that a rule nothing is measured by refuses no other. */
export async function giveUpGivenBack(
  database: Database,
  { results }: Pick<CheckedSelection, 'results'>,
): Promise<void> {
  await execute(database, GIVE_UP_GIVEN_BACK, [results.key]);
}

function unlisted(results: string, obsid: number): DatabaseSetupError {
  return new DatabaseSetupError(
    `chunks of scene ${obsid} of ${results} were stored before the ledger listed parcels, so nothing can be added to them`,
    `Start over with the scene: parcelwise scene forget --results ${results} ${obsid}`,
  );
}
