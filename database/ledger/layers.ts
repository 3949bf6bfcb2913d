/**
 * The layers of a stored chunk: what was measured of its parcels, band by band, raw or clear. A line is written with the rows
 * themselves, so that a chunk counts as stored only where every layer of its extraction is.
 */
import type pg from 'pg';
import { IS_CLEAR, LAYERS_OF } from './layer-names.js';
import { query } from '../session/session.js';
import type { WithoutValue } from '../terms.js';

/** Rows of a layer: the chunk's parcels but for those that have a reason instead of a row. */
const ROWS = `l.parcels - coalesce((
  SELECT sum(cardinality(g.pids)) FROM parcelwise.gap g
  WHERE (g.results_table, g.obsid, g.chunk, g.band) = (l.results_table, l.obsid, l.chunk, layer)), 0)`;

const OF_CHUNKS = `
  FROM parcelwise.ledger l JOIN parcelwise.extraction e USING (results_table, obsid)
  CROSS JOIN LATERAL (SELECT DISTINCT unnest(${LAYERS_OF('e')}) AS layer) AS layers
  WHERE (l.results_table, l.obsid) = ($1, $2) AND l.chunk = ANY ($3::integer[])`;

const WRITE = `
  INSERT INTO parcelwise.stored_layer AS y (results_table, obsid, chunk, layer, rows)
  SELECT l.results_table, l.obsid, l.chunk, layer, ${ROWS}${OF_CHUNKS}
  ON CONFLICT (results_table, obsid, chunk, layer) DO UPDATE SET rows = excluded.rows
  RETURNING rows, ${IS_CLEAR('layer')} AS clear`;

/** Chunk `l` of the ledger has every layer of its extraction `e`. */
export const WHOLE = `NOT EXISTS (
  SELECT FROM unnest(${LAYERS_OF('e')}) AS layers (layer) WHERE NOT EXISTS (
    SELECT FROM parcelwise.stored_layer y
    WHERE (y.results_table, y.obsid, y.chunk, y.layer) = (l.results_table, l.obsid, l.chunk, layers.layer)))`;

/**
 * Writes the lines of these chunks' layers, or corrects them, by the ledger's parcels and gaps. To be called in the
 * transaction that has written those.
 * @returns the rows of all of them together, raw and clear.
 */
export async function writeLayers(
  client: pg.ClientBase,
  key: readonly [results: string, obsid: number],
  chunks: readonly number[],
): Promise<{ readonly rows: number; readonly clear: number }> {
  const lines = await query<{ rows: number; clear: boolean }>(client, WRITE, [...key, chunks]);
  const sum = (clear: boolean) =>
    lines.reduce((total, line) => total + (line.clear === clear ? line.rows : 0), 0);
  return { rows: sum(false), clear: sum(true) };
}

const TELL_WITHOUT_VALUE = `
  UPDATE parcelwise.stored_layer SET without_value = told.pixels FROM jsonb_each($4::jsonb) AS told (layer, pixels)
  WHERE (results_table, obsid, chunk, stored_layer.layer) = ($1, $2, $3, told.layer)`;

/** Notes which pixels of a chunk's parcels indices have no value of, when their lines are written. */
export async function tellWithoutValue(
  client: pg.ClientBase,
  key: readonly [results: string, obsid: number],
  chunk: number,
  withoutValue: WithoutValue,
): Promise<void> {
  await client.query(TELL_WITHOUT_VALUE, [...key, chunk, JSON.stringify(withoutValue)]);
}

const IS_WHOLE = `
  SELECT ${WHOLE} AS whole FROM parcelwise.ledger l JOIN parcelwise.extraction e USING (results_table, obsid)
  WHERE (l.results_table, l.obsid, l.chunk) = ($1, $2, $3)`;

/** Whether a chunk of the ledger has every layer of its extraction. */
export async function isWhole(
  client: pg.ClientBase,
  key: readonly [results: string, obsid: number],
  chunk: number,
): Promise<boolean> {
  const [line] = await query<{ whole: boolean }>(client, IS_WHOLE, [...key, chunk]);
  return line?.whole === true;
}
