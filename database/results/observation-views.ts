/** The rows of a results table by observation: a parcel seen by a scene, and which is the best of a day. */
import pg from 'pg';
import type { StatisticColumn } from './statistic-columns.js';
import type { Table } from '../terms.js';

/** What the views have to know of the scenes of a CARD type. */
export interface ViewedCard {
  readonly card: string;
  /** Of types with a map of classes: its names in the results table, and the classes that make a parcel cloudy. */
  readonly classMap?: { readonly bands: readonly string[]; readonly cloudy: readonly number[] } | undefined;
  /** Of types whose names have the tile: a regular expression of one group. */
  readonly tileInName?: string | undefined;
  /** Whether a series must not mix tracks: scenes of several tracks or passes do not compete for a day. */
  readonly tracksApart?: boolean | undefined;
  /** What the series have a column of each for. */
  readonly measured?: readonly ViewedMeasure[] | undefined;
  /** Quotients of these columns. */
  readonly ofMeans?: readonly ViewedQuotient[] | undefined;
}

/** A band or an index. */
export interface ViewedMeasure {
  /** Of its column: a plain word. */
  readonly column: string;
  /** In the results table. */
  readonly bands: readonly string[];
  /** Its mean where it is left out. */
  readonly statistic?: 'std' | undefined;
  /** It is on a linear scale, and people read it in decibels too. */
  readonly decibels?: boolean | undefined;
}

export interface ViewedQuotient {
  readonly column: string;
  /** Arithmetic of columns: one quotient, `(b08 - b04) / (b08 + b04)`. */
  readonly expression: string;
  /** Whether it holds for harmonised numbers only. */
  readonly harmonised: boolean;
}

/** Tables that views read, and what is known of their CARD types. */
export interface Sources {
  readonly catalogue: Table;
  readonly results: Table;
  readonly hists: Table | undefined;
  readonly clear: Table | undefined;
  /** The time of scene `s`, UTC without zone. */
  readonly obstime: string;
  readonly cards: readonly ViewedCard[];
  /** Those that the results table has columns for. */
  readonly statistics: readonly StatisticColumn[];
  /** Indices that no CARD type knows. */
  readonly own: readonly OwnMeasure[];
}

/** An index of somebody's own, of any CARD type. */
export interface OwnMeasure {
  /** Its column's name. */
  readonly column: string;
  /** In the results table, in whichever case it was written. */
  readonly bands: readonly string[];
}

const ROWS = ({ statistics }: Sources): string =>
  ['pid', 'obsid', 'band', ...statistics].map((column) => `r.${column}`).join(', ');

const IS_KEPT = ({ results }: Sources, obsid: string) => `
  NOT EXISTS (SELECT FROM parcelwise.supersession k WHERE k.results_table = ${literal(results.key)} AND k.obsid = ${obsid})`;

export const CURRENT = (sources: Sources): string => `
  SELECT ${ROWS(sources)} FROM ${sources.results.key} r WHERE ${IS_KEPT(sources, 'r.obsid')}`;

/** An expression that differs by the CARD type in column `card`; of the one type that has any it is plain. */
function byCard(column: string, expressions: readonly (readonly [card: string, sql: string])[]): string {
  const [first, ...others] = expressions;
  if (first === undefined) return 'NULL';
  if (others.length === 0) return first[1];
  const cases = expressions.map(([card, sql]) => `WHEN ${literal(card)} THEN ${sql}`);
  return `CASE ${column} ${cases.join(' ')} END`;
}

/** Pixels of a histogram's cloudy classes. */
const CLOUDY = (classes: readonly number[]) =>
  classes.map((value) => `coalesce((hist ->> '${value}')::float4, 0)`).join(' + ');

/**
 * Per cent of a parcel's classified pixels, which are those of the class band's row, else of the whole scene. Reading a
 * histogram costs more than all the rest, so it is only done where it is shown or decides. The row of a scene measured by
 * shares counts those, and its histogram whole pixels, which have to be added up.
 */
const CLOUD = ({ hists, cards }: Sources) => {
  const cloudy = byCard(
    'card',
    cards.flatMap(({ card, classMap }) => (classMap ? [[card, CLOUDY(classMap.cloudy)] as const] : [])),
  );
  return hists
    ? `coalesce(CASE WHEN hist IS NOT NULL THEN (100 * (${cloudy}) / nullif(${CLASSIFIED}, 0))::real END, cloud_cover)`
    : 'cloud_cover';
};

const CLASSIFIED =
  'CASE WHEN of_shares THEN (SELECT sum(pixels::float4) FROM json_each_text(hist::json) AS class (number, pixels)) ELSE classified END';

/** True of the rows of a class band. */
export const IS_CLASSIFIED = ({ cards }: Pick<Sources, 'cards'>): string => {
  const bands = [...new Set(cards.flatMap(({ classMap }) => classMap?.bands ?? []))];
  return bands.length === 0 ? 'false' : `r.band ${among(bands)}`;
};

const TILE = ({ cards }: Sources) =>
  byCard(
    's.card',
    cards.flatMap(({ card, tileInName }) =>
      tileInName === undefined ? [] : [[card, `substring(s.reference FROM ${literal(tileInName)})`] as const],
    ),
  );

/** Whether a series of scene `s` must not mix tracks. */
export const IS_APART = ({ cards }: Sources, card: string): string => {
  const apart = cards.filter(({ tracksApart }) => tracksApart === true).map((one) => one.card);
  return apart.length === 0 ? 'false' : `${card} ${among(apart)}`;
};

/**
 * One row a parcel and scene. Most valid pixels, then least cloud, then the lowest id make the best of a day. Filters on
 * pid and day go down to the scan of the table, since everything is grouped by them.
 */
export const OBSERVATIONS = (sources: Sources): string => `
  WITH scene AS MATERIALIZED (
    SELECT s.id AS obsid, s.card::text AS card, ${sources.obstime} AS obstime, (${sources.obstime})::date AS day,
           coalesce(p.tile, ${TILE(sources)}) AS tile, p.cloud_cover, t.relative_orbit, t.pass,
           CASE WHEN ${IS_APART(sources, 's.card')} THEN concat_ws(' ', t.relative_orbit, t.pass) END AS track,
           coalesce(e.rule ->> 'pixels' = 'fraction', false) AS of_shares
    FROM ${sources.catalogue.key} s
    LEFT JOIN parcelwise.product p
      ON (p.catalogue_table, p.obsid, p.reference) = (${literal(sources.catalogue.key)}, s.id, s.reference::text)
    LEFT JOIN parcelwise.orbit t
      ON (t.catalogue_table, t.obsid, t.reference) = (${literal(sources.catalogue.key)}, s.id, s.reference::text)
    LEFT JOIN parcelwise.extraction e ON (e.results_table, e.obsid) = (${literal(sources.results.key)}, s.id)
    WHERE ${IS_KEPT(sources, 's.id')}
  ), measured AS (
    SELECT r.pid, r.obsid, s.day, max(r.count) AS pixels, max(r.count) FILTER (WHERE ${IS_CLASSIFIED(sources)}) AS classified
    FROM ${sources.results.key} r JOIN scene s USING (obsid) GROUP BY r.pid, r.obsid, s.day
  ), counted AS (
    SELECT m.pid, m.obsid, m.day, m.pixels, m.classified, s.card, s.obstime, s.tile, s.cloud_cover, s.relative_orbit, s.pass,
           s.track, s.of_shares, ${sources.hists ? 'h.hist,' : ''} count(*) OVER same AS observations,
           min(s.tile) OVER same AS first_tile, max(s.tile) OVER same AS last_tile
    FROM measured m JOIN scene s USING (obsid)
    ${sources.hists ? `LEFT JOIN ${sources.hists.key} h ON h.pid = m.pid AND h.obsid = m.obsid` : ''}
    WINDOW same AS (PARTITION BY m.pid, m.day, s.card, s.track)
  )
  SELECT pid, obsid, card, day, obstime, tile, pixels, ${CLOUD(sources)} AS cloud, observations::integer AS observations,
         CASE WHEN observations = 1 THEN NULL WHEN left(first_tile, 2) <> left(last_tile, 2) THEN 'zone'
              WHEN first_tile <> last_tile THEN 'tile' ELSE 'product' END AS overlap,
         row_number() OVER (PARTITION BY pid, day, card, track
           ORDER BY pixels DESC, CASE WHEN observations > 1 THEN ${CLOUD(sources)} END, obsid) = 1 AS best,
         relative_orbit, pass
  FROM counted`;

export const BEST = (sources: Sources, observations: string): string => `
  SELECT ${ROWS(sources)}, o.day, o.obstime, o.tile, o.cloud, o.observations, o.overlap, o.relative_orbit, o.pass
  FROM ${sources.results.key} r JOIN ${observations} o ON o.pid = r.pid AND o.obsid = r.obsid WHERE o.best`;

export const among = (words: readonly string[]): string =>
  words.length === 1 ? `= ${literal(words[0]!)}` : `IN (${words.map(literal).join(', ')})`;

export const literal = (text: string): string => pg.escapeLiteral(text);
