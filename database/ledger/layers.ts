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

/** $4: these layers, or NULL for all of the extraction. */
const ENTER = `
  INSERT INTO parcelwise.stored_layer (results_table, obsid, chunk, layer, rows)
  SELECT l.results_table, l.obsid, l.chunk, layer, ${ROWS}
  FROM parcelwise.ledger l JOIN parcelwise.extraction e USING (results_table, obsid)
  CROSS JOIN LATERAL (SELECT DISTINCT unnest(coalesce($4::text[], ${LAYERS_OF('e')})) AS layer) AS layers
  WHERE (l.results_table, l.obsid, l.chunk) = ($1, $2, $3)
  RETURNING rows, ${IS_CLEAR('layer')} AS clear`;

const CORRECT = `
  UPDATE parcelwise.stored_layer y SET rows = ${ROWS}
  FROM parcelwise.ledger l
  WHERE (y.results_table, y.obsid, y.chunk) = (l.results_table, l.obsid, l.chunk)
    AND (l.results_table, l.obsid) = ($1, $2) AND l.chunk = ANY ($3::integer[])`;

/** Whether a chunk, of the plan or of the ledger, has a layer. Both are named with their table, as a bare `layer` would be the line's own. */
export const HAS_LAYER = (chunk: string, layer: string) => `EXISTS (
    SELECT FROM parcelwise.stored_layer y
    WHERE (y.results_table, y.obsid, y.chunk, y.layer) = (${chunk}.results_table, ${chunk}.obsid, ${chunk}.chunk, ${layer}))`;

/** Chunk `l` of the ledger has every layer of its extraction `e`. */
export const WHOLE = `NOT EXISTS (
  SELECT FROM unnest(${LAYERS_OF('e')}) AS layers (layer) WHERE NOT ${HAS_LAYER('l', 'layers.layer')})`;

/**
 * Enters the lines of a chunk's layers, by the ledger's parcels and the gaps. To be called in the transaction that has written
 * those.
 * @param layers those that were stored now; all of the extraction where nothing is said.
 * @returns the rows of these together, raw and clear.
 */
export async function enterLayers(
  client: pg.ClientBase,
  key: readonly [results: string, obsid: number],
  chunk: number,
  layers?: readonly string[],
): Promise<LayerRows> {
  return sumOf(await query(client, ENTER, [...key, chunk, layers ?? null]));
}

/** Rows of several layers together, raw and clear. */
interface LayerRows {
  readonly rows: number;
  readonly clear: number;
}

function sumOf(lines: readonly { readonly rows: number; readonly clear: boolean }[]): LayerRows {
  const sum = (clear: boolean) =>
    lines.reduce((total, line) => total + (line.clear === clear ? line.rows : 0), 0);
  return { rows: sum(false), clear: sum(true) };
}

/** Lines of the moment before stand beside those that are written. */
const FILL = `
  WITH before AS MATERIALIZED (
    SELECT layer, rows FROM parcelwise.stored_layer WHERE (results_table, obsid, chunk) = ($1, $2, $3) AND layer = ANY ($4)
  ), filled AS (
    UPDATE parcelwise.stored_layer y SET rows = ${ROWS}, filled = ${ROWS} - y.rows, filled_at = now()
    FROM parcelwise.ledger l
    WHERE (y.results_table, y.obsid, y.chunk) = (l.results_table, l.obsid, l.chunk)
      AND (l.results_table, l.obsid, l.chunk) = ($1, $2, $3) AND y.layer = ANY ($4)
    RETURNING y.layer, y.rows
  )
  SELECT filled.rows - before.rows AS rows, ${IS_CLEAR('layer')} AS clear FROM filled JOIN before USING (layer)`;

/**
 * Brings the lines of layers up to date that were given rows of parcels skipped before, by the gaps that are left.
 * @returns how many rows these are, raw and clear.
 */
export async function fillLayers(
  client: pg.ClientBase,
  key: readonly [results: string, obsid: number],
  chunk: number,
  layers: readonly string[],
): Promise<LayerRows> {
  return layers.length === 0
    ? { rows: 0, clear: 0 }
    : sumOf(await query(client, FILL, [...key, chunk, layers]));
}

/** Of indices that have such pixels already, of other parcels, both together. */
const TELL_WITHOUT_VALUE = `
  UPDATE parcelwise.stored_layer SET without_value = (
    SELECT jsonb_object_agg(reason, pixels) FROM (
      SELECT reason, sum(pixels::bigint) AS pixels
      FROM (SELECT * FROM jsonb_each_text(without_value) UNION ALL SELECT * FROM jsonb_each_text(told.pixels)) AS counts (reason, pixels)
      GROUP BY reason) AS summed)
  FROM jsonb_each($4::jsonb) AS told (layer, pixels)
  WHERE (results_table, obsid, chunk, stored_layer.layer) = ($1, $2, $3, told.layer)`;

/** Notes which pixels of parcels indices have no value of, when their lines are written. */
export async function tellWithoutValue(
  client: pg.ClientBase,
  key: readonly [results: string, obsid: number],
  chunk: number,
  withoutValue: WithoutValue,
): Promise<void> {
  await client.query(TELL_WITHOUT_VALUE, [...key, chunk, JSON.stringify(withoutValue)]);
}

/** Corrects the lines that there are of these chunks, where parcels and gaps have changed in the same transaction. */
export async function correctLayers(
  client: pg.ClientBase,
  key: readonly [results: string, obsid: number],
  chunks: readonly number[],
): Promise<void> {
  await client.query(CORRECT, [...key, chunks]);
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
