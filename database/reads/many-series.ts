/**
 * Series of parcels, one or many, each as columns: long, where a row of the table is a value of each, or wide, with bands side by
 * side. Rows are found by `pid` alone, so that an index on it is all that is needed; scenes by their primary key.
 */
import type pg from 'pg';
import { type KeyedColumns, type ReadColumn, readColumnsByKey } from './json-columns.js';
import { IN_PERIOD, SCENE_TIME } from './scene-pages.js';
import type { ServedRows, ServedTables } from './served-tables.js';
import type { StatisticColumn } from '../results/statistic-columns.js';
import { DatabaseSetupError } from '../session/errors.js';
import { query } from '../session/session.js';

/** A band as it was asked for, and all that it may be called in the table. */
export interface AskedBand {
  readonly name: string;
  readonly spellings: readonly string[];
}

export interface AskedSeries {
  /** Scenes of this type; undefined for all that the table has rows of. */
  readonly card: string | undefined;
  /** All where it is undefined. */
  readonly bands: readonly AskedBand[] | undefined;
  readonly kind: 'raw' | 'clear';
  /** Rows of all scenes, of those that no newer product has taken the place of, or of the best of each day. */
  readonly which: 'all' | 'current' | 'best';
  /** Days, UTC, which belong to the period; null for no bound. */
  readonly from: string | null;
  readonly to: string | null;
  readonly statistics: readonly StatisticColumn[];
  /** Wide only of bands that are named. */
  readonly layout: 'long' | 'wide';
}

/** A column of the answer, and what it is in the statement. */
export interface SeriesColumn extends ReadColumn {
  readonly sql: string;
}

/** A statement for any parcels, whose numbers are $1. */
export interface PreparedSeries {
  readonly columns: readonly SeriesColumn[];
  readonly values: readonly unknown[];
  readonly text: (isOne: boolean) => string;
}

/** Of one parcel a comparison gives the planner no choice but the index. */
const isAsked = (pid: string, isOne: boolean): string =>
  `${pid} = ${isOne ? '$1::bigint' : 'ANY ($1::bigint[])'}`;

/** The view of observations has a day to be filtered by before it groups anything. */
const OF_DAYS = '($2::date IS NULL OR o.day >= $2::date) AND ($3::date IS NULL OR o.day <= $3::date)';

/** @throws DatabaseSetupError where a table or view is asked for that is not there. */
export function prepareSeries(tables: ServedTables, rows: ServedRows, asked: AskedSeries): PreparedSeries {
  const { bands, from, to, card, layout, which } = asked;
  const type = `${rows.bandType === 'character' ? 'bpchar' : 'text'}[]`;
  const spellings = bands?.flatMap((band) => band.spellings) ?? null;
  const columns = layout === 'long' ? longColumns(asked) : wideColumns(asked, type);
  const source = sourceOf(tables, rows, asked);
  return {
    columns,
    values: [
      from,
      to,
      card ?? null,
      spellings,
      ...(layout === 'wide' ? (bands ?? []) : []).map((band) => band.spellings),
    ],
    text: (isOne) => `
      SELECT s.pid AS key, ${columns.map(({ sql }, i) => `${sql} AS c${i}`).join(', ')}
      FROM ${source} JOIN ${tables.catalogue.key} c ON c.id = s.obsid
      WHERE ${isAsked('s.pid', isOne)} ${which === 'best' ? `AND ${isAsked('o.pid', isOne)} AND ${OF_DAYS}` : ''}
        AND ${IN_PERIOD(2)} AND ($4::text IS NULL OR c.card = $4) AND ($5::${type} IS NULL OR s.band = ANY ($5::${type}))
      ${layout === 'long' ? LONG_ORDER : WIDE_ORDER(which === 'best')}`,
  };
}

const LONG_ORDER = 'ORDER BY s.pid, c.obstime, s.band COLLATE "C", s.obsid';

const WIDE_ORDER = (hasCloud: boolean): string =>
  `GROUP BY s.pid, s.obsid, c.obstime${hasCloud ? ', o.cloud' : ''} ORDER BY s.pid, c.obstime, s.obsid`;

function sceneColumns({ which }: AskedSeries): SeriesColumn[] {
  const cloud: SeriesColumn[] = which === 'best' ? [{ name: 'cloud', kind: 'number', sql: 'o.cloud' }] : [];
  return [
    { name: 'time', kind: 'text', sql: SCENE_TIME },
    { name: 'scene', kind: 'number', sql: 's.obsid' },
    ...cloud,
  ];
}

function longColumns(asked: AskedSeries): SeriesColumn[] {
  return [
    ...sceneColumns(asked),
    { name: 'band', kind: 'text', sql: 'rtrim(s.band)' },
    ...asked.statistics.map((name) => ({ name, kind: 'number' as const, sql: `s.${name}` })),
  ];
}

/** A band's mean bears its name alone; where others are asked for each says which it is. */
function wideColumns(asked: AskedSeries, type: string): SeriesColumn[] {
  const { bands = [], statistics } = asked;
  const isMeans = statistics.length === 1 && statistics[0] === 'mean';
  const measures = bands.flatMap(({ name }, i) =>
    statistics.map((statistic) => ({
      name: isMeans ? name : `${name}_${statistic}`,
      kind: 'number' as const,
      sql: `max(s.${statistic}) FILTER (WHERE s.band = ANY ($${6 + i}::${type}))`,
    })),
  );
  return [...sceneColumns(asked), ...measures];
}

/** Rows `s`; of the best `o` is what the view of observations says. It asks for parcels by itself, as lists are not passed on to it. */
function sourceOf({ clear }: ServedTables, rows: ServedRows, { kind, which }: AskedSeries): string {
  const table = kind === 'raw' ? rows : clear;
  if (table === undefined)
    throw new DatabaseSetupError('the dataset has no table of clear rows', 'Ask for kind=raw');
  if (which === 'all') return `${table.key} s`;
  if (which === 'best')
    return `${table.key} s JOIN ${requireViews(rows).observations} o ON o.pid = s.pid AND o.obsid = s.obsid AND o.best`;
  const current = rows.views?.current;
  if (current === undefined) return `${table.key} s`;
  if (kind === 'raw') return `${current} s`;
  return `(SELECT r.* FROM ${table.key} r
    WHERE EXISTS (SELECT FROM ${current} k WHERE k.pid = r.pid AND k.obsid = r.obsid)) s`;
}

function requireViews({ key, views }: ServedRows): NonNullable<ServedRows['views']> {
  if (views !== undefined) return views;
  throw new DatabaseSetupError(
    `${key} has no view of best observations that the server's role may read`,
    'Ask for which=current; or run parcelwise init, or GRANT SELECT on the views in the schema parcelwise',
  );
}

/**
 * Series of parcels by their numbers in results, in that order. A parcel without rows is left out.
 * @param signal the statement is given up with it.
 */
export function readSeries(
  pool: pg.Pool,
  { columns, values, text }: PreparedSeries,
  fids: readonly string[],
  signal?: AbortSignal,
): Promise<KeyedColumns[]> {
  const isOne = fids.length === 1;
  return readColumnsByKey(pool, columns, text(isOne), [isOne ? fids[0] : fids, ...values], signal);
}

const BANDS = (table: string, catalogue: string): string => `
  SELECT DISTINCT rtrim(s.band) AS band FROM ${table} s JOIN ${catalogue} c ON c.id = s.obsid
  WHERE s.pid = $1::bigint AND ${IN_PERIOD(2)} AND ($4::text IS NULL OR c.card = $4) ORDER BY band`;

/** The bands that a parcel has rows of. */
export async function readBands(
  pool: pg.Pool,
  tables: ServedTables,
  rows: ServedRows,
  fid: string,
  { kind, from, to, card }: Pick<AskedSeries, 'kind' | 'from' | 'to' | 'card'>,
): Promise<string[]> {
  const table = kind === 'clear' ? (tables.clear ?? rows) : rows;
  const statement = BANDS(table.key, tables.catalogue.key);
  return (await query<{ band: string }>(pool, statement, [fid, from, to, card ?? null])).map(
    ({ band }) => band,
  );
}
