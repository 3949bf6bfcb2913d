/**
 * Parcels that were skipped: all of them was under clouds by the map of classes, so that nothing else was read of them. In a raw
 * layer their reason is `cloudy`, which nothing that is measured gives there, and so they can be told and extracted later.
 */
import { execute, query } from '../session/session.js';
import type pg from 'pg';
import type { Database } from '../session/session.js';
import { CLEAR_LAYER } from './layer-names.js';

/** Parcels of a stored chunk whose rows are wanted in layers that stand for the others. */
export interface Skipped {
  /** Raw layers, and clear ones of the same bands. */
  readonly layers: readonly string[];
  /** Ascending. */
  readonly pids: readonly number[];
}

/** The gaps of parcels of extraction `e` that were skipped in some of these bands, an array. */
export const SKIPPED_IN = (bands: string) => `
  SELECT FROM parcelwise.gap g
  WHERE (g.results_table, g.obsid) = (e.results_table, e.obsid) AND g.reason = 'cloudy' AND g.band = ANY (${bands})`;

/**
 * $3 the chunk, or NULL for all; $4 raw layers. Layers of one grid have skipped the same parcels, which are told once. A clear layer
 * may have other cloudy parcels besides, and mostly has not: arrays of tens of thousands are compared much sooner than intersected.
 */
const OF_CHUNKS = `
  WITH raw AS MATERIALIZED (
    SELECT chunk, band AS layer, pids FROM parcelwise.gap
    WHERE (results_table, obsid) = ($1, $2) AND ($3::integer IS NULL OR chunk = $3) AND band = ANY ($4) AND reason = 'cloudy'
  ), layers AS (
    TABLE raw UNION ALL
    SELECT g.chunk, g.band, CASE WHEN g.pids = raw.pids THEN g.pids
                                 ELSE ARRAY(SELECT unnest(g.pids) INTERSECT SELECT unnest(raw.pids) ORDER BY 1) END
    FROM raw JOIN parcelwise.gap g
      ON (g.results_table, g.obsid, g.chunk, g.band, g.reason) = ($1, $2, raw.chunk, ${CLEAR_LAYER('raw.layer')}, 'cloudy')
  )
  SELECT chunk, array_agg(layer ORDER BY layer) AS layers, pids FROM layers WHERE pids <> '{}' GROUP BY chunk, pids ORDER BY chunk, layers`;

/**
 * Parcels that were skipped, by stored chunk.
 * @param bands the raw layers that are asked for
 */
export async function skippedOf(
  database: Database,
  key: readonly [results: string, obsid: number],
  bands: readonly string[],
  chunk: number | null = null,
): Promise<Map<number, Skipped[]>> {
  const found = new Map<number, Skipped[]>();
  if (bands.length === 0) return found;
  type Line = Skipped & { readonly chunk: number };
  for (const { chunk: of, layers, pids } of await query<Line>(database, OF_CHUNKS, [...key, chunk, bands]))
    found.set(of, [...(found.get(of) ?? []), { layers, pids }]);
  return found;
}

const COUNTS = `
  SELECT band, sum(cardinality(pids))::integer AS parcels FROM parcelwise.gap
  WHERE (results_table, obsid) = ($1, $2) AND band = ANY ($3) AND reason = 'cloudy' GROUP BY band`;

/** How many parcels of a scene were skipped in each of these raw layers; those of none are left out. */
export async function countSkipped(
  database: Database,
  key: readonly [results: string, obsid: number],
  bands: readonly string[],
): Promise<Map<string, number>> {
  const lines = await query<{ band: string; parcels: number }>(database, COUNTS, [...key, bands]);
  return new Map(lines.map(({ band, parcels }) => [band, parcels]));
}

const FORGET = `
  UPDATE parcelwise.gap SET pids = ARRAY(SELECT unnest(pids) EXCEPT SELECT unnest($5::integer[]) ORDER BY 1)
  WHERE (results_table, obsid, chunk) = ($1, $2, $3) AND band = ANY ($4) AND reason = 'cloudy'`;

const FORGET_EMPTY = `
  DELETE FROM parcelwise.gap WHERE (results_table, obsid, chunk) = ($1, $2, $3) AND reason = 'cloudy' AND pids = '{}'`;

/** Takes their reason from parcels that were skipped, in the transaction that gives them rows, or the reason they have without. */
export async function forgetSkipped(
  client: pg.ClientBase,
  key: readonly [results: string, obsid: number],
  chunk: number,
  skipped: readonly Skipped[],
): Promise<void> {
  for (const { layers, pids } of skipped) await execute(client, FORGET, [...key, chunk, layers, pids]);
  if (skipped.length > 0) await execute(client, FORGET_EMPTY, [...key, chunk]);
}
