/**
 * Series of parcels as people look at them: a row a parcel and date, bands and indices side by side, and medians of clear
 * observations by dekad. Columns are the same whatever is stored, so that a query holds for every results table; PostgreSQL
 * reckons only those that are asked for.
 */
import pg from 'pg';
import {
  IS_CLASSIFIED,
  among,
  IS_APART,
  literal,
  type OwnMeasure,
  type Sources,
  type ViewedCard,
  type ViewedMeasure,
} from './observation-views.js';

interface Column {
  readonly name: string;
  /** It is of one's own, and so of any CARD type. */
  readonly isOwn?: boolean;
  /** Its value, raw or clear: an expression of the joined rows. */
  readonly sql: string;
}

/** The parcels' rows side by side, of one table. Where a parcel was skipped for clouds it has a row of the class band alone. */
const WIDE = ({ cards, own }: Sources, table: string, only: (card: ViewedCard) => boolean) => `
  SELECT pid, obsid, max(count) AS pixels, NOT bool_or(NOT ${IS_CLASSIFIED({ cards })}) AS skipped${measuresOf(
    cards.filter(only),
    own,
  )
    .map(
      ({ column, bands, statistic = 'mean' }) =>
        `,\n         max(${statistic}) FILTER (WHERE band ${among(bands)}) AS ${quoted(column)}`,
    )
    .join('')}
  FROM ${table} r GROUP BY pid, obsid`;

function measuresOf(cards: readonly ViewedCard[], own: readonly OwnMeasure[]): ViewedMeasure[] {
  return [...cards.flatMap(({ measured = [] }) => measured), ...own];
}

/** Clear rows are of types with a class map. */
const hasClear = ({ classMap }: ViewedCard): boolean => classMap !== undefined;

/**
 * One row a parcel, day and CARD type (and track, where tracks are apart): the best observation. Where no clear pixel was left its
 * clear columns are NULL.
 */
export const SERIES = (sources: Sources, observations: string): string => {
  const raw = columnsOf(sources, 'w', '', () => true);
  const clear = sources.clear ? columnsOf(sources, 'c', '_clear', hasClear) : [];
  const columns = [...raw, ...clear].map(({ name, sql }) => `,\n         ${sql} AS ${quoted(name)}`);
  return `
  SELECT o.pid, o.card, o.day, o.obstime, o.obsid, o.tile, o.relative_orbit, o.pass, o.observations, o.overlap, o.cloud,
         o.pixels, w.skipped${sources.clear ? ', c.pixels AS pixels_clear' : ''}${columns.join('')}
  FROM ${observations} o
  JOIN (${WIDE(sources, sources.results.key, () => true)}) w ON w.pid = o.pid AND w.obsid = o.obsid
  ${sources.clear ? `LEFT JOIN (${WIDE(sources, sources.clear.key, hasClear)}) c ON c.pid = o.pid AND c.obsid = o.obsid` : ''}
  LEFT JOIN parcelwise.extraction e ON (e.results_table, e.obsid) = (${literal(sources.results.key)}, o.obsid)
  WHERE o.best`;
};

/**
 * Medians by dekad: days 1 to 10, 11 to 20 and 21 to the month's end, under the date of the first. Clear values where a clear
 * table has them, else raw ones of observations without any cloudy pixel; of types without a class map all.
 */
export const DEKADS = (sources: Sources, series: string): string => {
  const columns = columnsOf(sources, 'w', '', () => true);
  const clear = new Set(sources.clear ? columnsOf(sources, 'c', '', hasClear).map(({ name }) => name) : []);
  const classified = sources.cards.filter(hasClear).map(({ card }) => card);
  const isClear = sources.clear ? 'pixels_clear IS NOT NULL' : 'cloud = 0 AND NOT skipped';
  const isApart = IS_APART(sources, 'card');
  const observed = ({ name, isOwn = false }: Column): string => {
    if (!clear.has(name)) return quoted(name);
    const ofClear = quoted(`${name}_clear`);
    return isOwn ? `CASE WHEN card ${among(classified)} THEN ${ofClear} ELSE ${quoted(name)} END` : ofClear;
  };
  return `
  SELECT pid, card, relative_orbit, pass, dekad, count(*)::integer AS observations${columns
    .map(({ name }) => quoted(name))
    .map((name) => `,\n         percentile_cont(0.5) WITHIN GROUP (ORDER BY ${name}) AS ${name}`)
    .join('')}
  FROM (
    SELECT pid, card, CASE WHEN ${isApart} THEN relative_orbit END AS relative_orbit, CASE WHEN ${isApart} THEN pass END AS pass,
           day - (number % 10 + CASE WHEN number = 30 THEN 10 ELSE 0 END) AS dekad${columns
             .map((column) => `, ${observed(column)} AS ${quoted(column.name)}`)
             .join('')}
    FROM (SELECT *, extract(day FROM day)::integer - 1 AS number FROM ${series}) AS dated
    ${classified.length === 0 ? '' : `WHERE ${isClear} OR NOT card ${among(classified)}`}
  ) AS observed
  GROUP BY pid, card, relative_orbit, pass, dekad`;
};

function columnsOf(
  { cards, own }: Sources,
  rows: 'w' | 'c',
  ending: string,
  only: (card: ViewedCard) => boolean,
): Column[] {
  // CbM's scripts call bands of two types VV.
  const isShared = (band: string): boolean =>
    cards.filter(({ measured = [] }) => measured.some(({ bands }) => bands.includes(band))).length > 1;
  const value = (card: string, { column, bands }: ViewedMeasure): string => {
    return bands.some(isShared)
      ? `CASE WHEN o.card = ${literal(card)} THEN ${rows}.${column} END`
      : `${rows}.${column}`;
  };
  const ofCards = cards.filter(only).flatMap(({ card, measured = [], ofMeans = [] }) => {
    const plain = measured.flatMap((measure) => {
      const sql = value(card, measure);
      const { column, decibels } = measure;
      if (decibels !== true) return [{ name: `${column}${ending}`, sql }];
      const inDecibels = `CASE WHEN ${sql} > 0 THEN 10 * log((${sql})::float8) END`;
      return [
        { name: `${column}${ending}`, sql },
        { name: `${column}_db${ending}`, sql: inDecibels },
      ];
    });
    const quotients = ofMeans.map(({ column, expression, harmonised }) => {
      const sql = quotientOf(expression, (name) => {
        const measure = measured.find((one) => one.column === name);
        if (measure === undefined) throw new Error(`${column}: no column is called ${name}`);
        return `(${value(card, measure)})::float8`;
      });
      const isOne = `e.facts ->> 'radiometry' = 'harmonised'`;
      return { name: `${column}${ending}`, sql: harmonised ? `CASE WHEN ${isOne} THEN ${sql} END` : sql };
    });
    return [...plain, ...quotients];
  });
  const ofOwn = own.map(({ column }) => ({
    ...{ name: `${column}${ending}`, isOwn: true },
    sql: `${rows}.${quoted(column)}`,
  }));
  return [...ofCards, ...ofOwn];
}

const quoted = (name: string): string => pg.escapeIdentifier(name);

/** NULL in place of a division by zero. */
function quotientOf(expression: string, valueOf: (column: string) => string): string {
  const [over, under, ...more] = expression.split(' / ').map((part) => part.replaceAll(/[a-z]\w*/g, valueOf));
  if (over === undefined || under === undefined || more.length > 0)
    throw new Error(`${expression} is not one quotient`);
  return `(${over}) / nullif(${under}, 0)`;
}
