/** What a campaign would find: scenes, parcels, how wide rows are, how fast earlier scenes were. It only reads. */
import { aoiBoxes, areaM2, isInArea, isLargeEnough } from '../selection/parcel-rule.js';
import { meetsAoi, SCENE_COLUMNS, waitingScenes } from '../scenes/scenes.js';
import type { CheckedSelection } from '../selection/check.js';
import type { ResultsTable } from '../selection/stored-tables.js';
import { STATISTIC_COLUMNS } from './statistic-columns.js';
import { query } from '../session/session.js';
import type { Database } from '../session/session.js';
import type { Scene, Table } from '../terms.js';

const OTHER_CARDS = ({ catalogue, aoi }: CheckedSelection) => `
  SELECT s.card::text, s.status::text, count(*)::integer AS count FROM ${catalogue.key} s
  WHERE s.card <> $1 AND s.obstime BETWEEN $2::timestamp AND $3::timestamp
    AND ${meetsAoi(aoi, 's.footprint', '$4')}
  GROUP BY 1, 2 ORDER BY 1, 2`;

/** Scenes of other CARD types in the same area and period, by card and the catalogue's status word. */
export async function otherCards(
  database: Database,
  selection: CheckedSelection,
): Promise<Record<string, Record<string, number>>> {
  const { card, period, aoi } = selection;
  const rows = await query<{ card: string; status: string; count: number }>(
    database,
    OTHER_CARDS(selection),
    [card, period.start, period.end, aoi.name],
  );
  const cards: Record<string, Record<string, number>> = {};
  for (const { card: other, status, count } of rows) (cards[other] ??= {})[status] = count;
  return cards;
}

/** Evenly spread over the scenes in order of time, the first among them. */
const SAMPLE = (selection: CheckedSelection) => `
  SELECT obsid, reference, obstime, sensor, card, status FROM (
    SELECT ${SCENE_COLUMNS}, row_number() OVER (ORDER BY s.obstime, s.id) - 1 AS rank, count(*) OVER () AS total
    ${waitingScenes(selection)}
  ) AS waiting
  WHERE rank = 0 OR rank * $6::bigint / total <> (rank - 1) * $6::bigint / total ORDER BY rank`;

/** So many of the scenes that wait to be extracted, or all where there are fewer. */
export function sampleScenes(
  database: Database,
  selection: CheckedSelection,
  scenes: number,
): Promise<Scene[]> {
  const { card, period, aoi, results } = selection;
  return query<Scene>(database, SAMPLE(selection), [
    card,
    period.start,
    period.end,
    aoi.name,
    results.key,
    scenes,
  ]);
}

const SELECTED = (selection: CheckedSelection) => `
  WITH aoi AS MATERIALIZED (${aoiBoxes(selection, '$1')})
  SELECT count(*)::float8 AS count FROM ${selection.parcels.key} p
  WHERE ${isInArea('p.wkb_geometry')} AND ${isLargeEnough(areaM2(selection), '$2')}`;

/** Parcels of the area of interest that are large enough, under a scene or not. */
export async function countSelected(database: Database, selection: CheckedSelection): Promise<number> {
  const values = [selection.aoi.name, selection.minAreaM2];
  const [row] = await query<{ count: number }>(database, SELECTED(selection), values);
  return row?.count ?? 0;
}

export interface RowWidth {
  /** Bytes a row takes in its table, without indexes. */
  readonly bytes: number;
  /** Rows it was measured on; 0 where it is reckoned from the types. */
  readonly rows: number;
}

/** Too few rows say more about half-filled pages than about rows. */
const ROWS_ENOUGH = 10_000;

const SIZE =
  'SELECT pg_relation_size($1::oid)::float8 AS bytes, greatest(reltuples, 0)::float8 AS rows FROM pg_class WHERE oid = $1::oid';

const STORED = (column: 'rows' | 'hists' | 'clear', of: 'results_table' | 'hists_table' | 'clear_table') => `
  SELECT coalesce(sum(l.${column}), 0)::float8 AS rows FROM parcelwise.ledger l
  JOIN parcelwise.extraction e USING (results_table, obsid) WHERE e.${of} = $1`;

/**
 * A row of CbM's results: header of 24 bytes, pid, obsid, char(3), eight statistics, filled up to eight bytes, its pointer
 * in the page (PostgreSQL documentation, "Database Page Layout"). A histogram's json has some two classes.
 */
const RECKONED = { real: 77, double: 109, hist: 60 } as const;

/** With the statistics that a table has beyond CbM's eight. */
function reckonedOf({ statBytes, statistics }: ResultsTable): number {
  const row = statBytes === 4 ? RECKONED.real : RECKONED.double;
  return row + (statistics.length - STATISTIC_COLUMNS.length) * statBytes;
}

/** From the table's size and the rows that parcelwise stored or the last ANALYZE counted. */
async function measure(
  database: Database,
  table: Table,
  stored: string,
  reckoned: number,
): Promise<RowWidth> {
  const [size] = await query<{ bytes: number; rows: number }>(database, SIZE, [table.oid]);
  const [ledger] = await query<{ rows: number }>(database, stored, [table.key]);
  const rows = Math.max(size?.rows ?? 0, ledger?.rows ?? 0);
  if (size === undefined || rows < ROWS_ENOUGH || size.bytes === 0) return { bytes: reckoned, rows: 0 };
  return { bytes: size.bytes / rows, rows };
}

export interface RowWidths {
  readonly results: RowWidth;
  readonly clear: RowWidth | undefined;
  readonly hists: RowWidth | undefined;
}

export async function rowWidths(
  database: Database,
  { results, hists, clear }: Pick<CheckedSelection, 'results' | 'hists' | 'clear'>,
): Promise<RowWidths> {
  return {
    results: await measure(database, results, STORED('rows', 'results_table'), reckonedOf(results)),
    clear: clear && (await measure(database, clear, STORED('clear', 'clear_table'), reckonedOf(clear))),
    hists: hists && (await measure(database, hists, STORED('hists', 'hists_table'), RECKONED.hist)),
  };
}

export interface Speed {
  readonly scenes: number;
  readonly parcels: number;
  readonly rows: number;
  /** Time in which at least one of them was in work: what they took together, pauses left out. */
  readonly busySeconds: number;
  /** The sum of what each took for itself, from its claim to its end. */
  readonly sceneSeconds: number;
}

/** Each scene's time counts from where those before it had ended. */
const SPEED = `
  WITH done AS (
    SELECT claimed_at, finished_at, (accounts ->> 'parcels')::float8 AS parcels, (accounts ->> 'rows')::float8 AS rows
    FROM parcelwise.extraction
    WHERE status = 'extracted' AND card = $1 AND finished_at > now() - interval '60 days' AND (accounts ->> 'rows')::float8 > 0
    ORDER BY finished_at DESC LIMIT 200
  ), spread AS (
    SELECT *, max(finished_at) OVER (ORDER BY claimed_at, finished_at ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
    FROM done
  )
  SELECT count(*)::integer AS scenes, coalesce(sum(parcels), 0) AS parcels, coalesce(sum(rows), 0) AS rows,
         coalesce(sum(extract(epoch FROM greatest(interval '0', finished_at - greatest(claimed_at, before)))), 0)::float8 AS "busySeconds",
         coalesce(sum(extract(epoch FROM finished_at - claimed_at)), 0)::float8 AS "sceneSeconds"
  FROM spread`;

/** How fast the last scenes of the card were, at most 200 of the last 60 days, whatever their results table. */
export async function measuredSpeed(database: Database, card: string): Promise<Speed> {
  const [speed] = await query<Speed>(database, SPEED, [card]);
  if (speed === undefined) throw new Error('an aggregate without a row');
  return speed;
}
