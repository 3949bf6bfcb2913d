/**
 * Views of a results table, in our own schema: its rows without those of superseded scenes, and the best observation of
 * each parcel and day. The table itself stays as it is, and needs no index. docs/database.md tells what they cost.
 *
 * For `ms.sigs_2024` they are `parcelwise.ms__sigs_2024_current`, `…_observations` and `…_best`; of the schema public,
 * `parcelwise.sigs_2024_current` and so on.
 */
import { createHash } from 'node:crypto';
import pg from 'pg';
import { takeLock } from '../session/advisory-locks.js';
import { STATISTIC_COLUMNS } from './statistic-columns.js';
import { Columns } from '../session/columns.js';
import { DatabaseSetupError, errorCode } from '../session/errors.js';
import { requireTable } from '../session/identifier.js';
import { inTransaction, query } from '../session/session.js';
import type { Table, Tables } from '../terms.js';

/** What the views have to know of the scenes of a CARD type. */
export interface ViewedCard {
  readonly card: string;
  /** Of types with a map of classes: its names in the results table, and the classes that make a parcel cloudy. */
  readonly classMap?: { readonly bands: readonly string[]; readonly cloudy: readonly number[] } | undefined;
  /** Of types whose names have the tile: a regular expression of one group. */
  readonly tileInName?: string | undefined;
}

interface Sources {
  readonly catalogue: Table;
  readonly results: Table;
  readonly hists: Table | undefined;
  /** The time of scene `s`, UTC without zone. */
  readonly obstime: string;
  readonly cards: readonly ViewedCard[];
}

const ROWS = ['pid', 'obsid', 'band', ...STATISTIC_COLUMNS].map((column) => `r.${column}`).join(', ');

const IS_KEPT = ({ results }: Sources, obsid: string) => `
  NOT EXISTS (SELECT FROM parcelwise.supersession k WHERE k.results_table = ${literal(results.key)} AND k.obsid = ${obsid})`;

const CURRENT = (sources: Sources) => `
  SELECT ${ROWS} FROM ${sources.results.key} r WHERE ${IS_KEPT(sources, 'r.obsid')}`;

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
 * histogram costs more than all the rest, so it is only done where it is shown or decides.
 */
const CLOUD = ({ hists, cards }: Sources) => {
  const cloudy = byCard(
    'card',
    cards.flatMap(({ card, classMap }) => (classMap ? [[card, CLOUDY(classMap.cloudy)] as const] : [])),
  );
  return hists
    ? `coalesce(CASE WHEN hist IS NOT NULL THEN (100 * (${cloudy}) / nullif(classified, 0))::real END, cloud_cover)`
    : 'cloud_cover';
};

/** True of the rows of a class band. */
const IS_CLASSIFIED = ({ cards }: Sources) => {
  const bands = [...new Set(cards.flatMap(({ classMap }) => classMap?.bands ?? []))].map(literal);
  if (bands.length === 0) return 'false';
  return bands.length === 1 ? `r.band = ${bands[0]!}` : `r.band IN (${bands.join(', ')})`;
};

const TILE = ({ cards }: Sources) =>
  byCard(
    's.card',
    cards.flatMap(({ card, tileInName }) =>
      tileInName === undefined ? [] : [[card, `substring(s.reference FROM ${literal(tileInName)})`] as const],
    ),
  );

/**
 * One row a parcel and scene. Most valid pixels, then least cloud, then the lowest id make the best of a day. Filters on
 * pid and day go down to the scan of the table, since everything is grouped by them.
 */
const OBSERVATIONS = (sources: Sources) => `
  WITH scene AS MATERIALIZED (
    SELECT s.id AS obsid, s.card::text AS card, ${sources.obstime} AS obstime, (${sources.obstime})::date AS day,
           coalesce(p.tile, ${TILE(sources)}) AS tile, p.cloud_cover
    FROM ${sources.catalogue.key} s
    LEFT JOIN parcelwise.product p
      ON (p.catalogue_table, p.obsid, p.reference) = (${literal(sources.catalogue.key)}, s.id, s.reference::text)
    WHERE ${IS_KEPT(sources, 's.id')}
  ), measured AS (
    SELECT r.pid, r.obsid, s.day, max(r.count) AS pixels, max(r.count) FILTER (WHERE ${IS_CLASSIFIED(sources)}) AS classified
    FROM ${sources.results.key} r JOIN scene s USING (obsid) GROUP BY r.pid, r.obsid, s.day
  ), counted AS (
    SELECT m.pid, m.obsid, m.day, m.pixels, m.classified, s.card, s.obstime, s.tile, s.cloud_cover,
           ${sources.hists ? 'h.hist,' : ''} count(*) OVER same AS observations,
           min(s.tile) OVER same AS first_tile, max(s.tile) OVER same AS last_tile
    FROM measured m JOIN scene s USING (obsid)
    ${sources.hists ? `LEFT JOIN ${sources.hists.key} h ON h.pid = m.pid AND h.obsid = m.obsid` : ''}
    WINDOW same AS (PARTITION BY m.pid, m.day, s.card)
  )
  SELECT pid, obsid, card, day, obstime, tile, pixels, ${CLOUD(sources)} AS cloud, observations::integer AS observations,
         CASE WHEN observations = 1 THEN NULL WHEN left(first_tile, 2) <> left(last_tile, 2) THEN 'zone'
              WHEN first_tile <> last_tile THEN 'tile' ELSE 'product' END AS overlap,
         row_number() OVER (PARTITION BY pid, day, card
           ORDER BY pixels DESC, CASE WHEN observations > 1 THEN ${CLOUD(sources)} END, obsid) = 1 AS best
  FROM counted`;

const BEST = ({ results }: Sources, observations: string) => `
  SELECT ${ROWS}, o.day, o.obstime, o.tile, o.cloud, o.observations, o.overlap
  FROM ${results.key} r JOIN ${observations} o ON o.pid = r.pid AND o.obsid = r.obsid WHERE o.best`;

/** Two campaigns that prepare at once take turns. */
const LOCK = takeLock('views');

/** A view goes on reading the table that it was made of, whatever that is called by now. */
const KNOWN = `
  SELECT obj_description(to_regclass($1), 'pg_class') AS comment, ARRAY(
    SELECT DISTINCT d.refobjid::int8::float8 FROM pg_rewrite r
    JOIN pg_depend d ON (d.classid, d.objid, d.refclassid) = ('pg_rewrite'::regclass, r.oid, 'pg_class'::regclass)
    WHERE r.ev_class = to_regclass($2)) AS reads`;

/**
 * Makes the views of a results table, or brings them up to date; where they are, it only reads.
 * @returns the views' names, as they stand in statements.
 * @throws DatabaseSetupError when this role may not create views, or others depend on views that have to change.
 */
export async function makeResultsViews(
  pool: pg.Pool,
  tables: Pick<Tables, 'catalogue' | 'results' | 'hists'>,
  cards: readonly ViewedCard[],
): Promise<ResultsViews> {
  const sources = { ...(await sourcesOf(pool, tables)), cards };
  const names = await namesOf(pool, sources.results);
  const definitions: readonly (readonly [string, string])[] = [
    [names.current, CURRENT(sources)],
    [names.observations, OBSERVATIONS(sources)],
    [names.best, BEST(sources, names.observations)],
  ];
  const mark = `${sources.results.key}: ${digest(definitions.flat().join('\n'))}`;
  const [known] = await query<{ comment: string | null; reads: number[] }>(pool, KNOWN, [
    names.best,
    names.observations,
  ]);
  const tablesNow = [sources.catalogue, sources.results, ...(sources.hists ? [sources.hists] : [])];
  if (known?.comment === mark && tablesNow.every(({ oid }) => known.reads.includes(oid))) return names;
  try {
    await inTransaction(pool, async (client) => {
      await client.query(LOCK);
      await client.query(`DROP VIEW IF EXISTS ${names.best}, ${names.observations}, ${names.current}`);
      for (const [name, definition] of definitions) {
        await client.query(`CREATE VIEW ${name} AS ${definition}`);
        await client.query(`COMMENT ON VIEW ${name} IS ${literal(mark)}`);
      }
    });
  } catch (error) {
    throw explain(error, names);
  }
  return names;
}

export interface ResultsViews {
  readonly current: string;
  readonly observations: string;
  readonly best: string;
}

/** PostgreSQL cuts names after 63 bytes; ours end in a word of 13. */
const LONGEST = 48;
const PLAIN = /^[a-z0-9]+(_[a-z0-9]+)*$/;

/** Names that are no plain words get a digest, so that no two tables share their views. */
async function namesOf(pool: pg.Pool, results: Table): Promise<ResultsViews> {
  const [found] = await query<{ schema: string; name: string }>(
    pool,
    `SELECT n.nspname AS schema, c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = $1::oid`,
    [results.oid],
  );
  const { schema, name } = found!;
  const base = schema === 'public' ? name : `${schema}__${name}`;
  const isPlain = PLAIN.test(schema) && PLAIN.test(name) && base.length <= LONGEST;
  const stem = isPlain
    ? base
    : `${base
        .toLowerCase()
        .replaceAll(/[^a-z0-9]+/g, '_')
        .slice(0, LONGEST - 9)}_${digest(results.key).slice(0, 8)}`;
  const view = (kind: string): string => `parcelwise.${pg.escapeIdentifier(`${stem}_${kind}`)}`;
  return { current: view('current'), observations: view('observations'), best: view('best') };
}

async function sourcesOf(
  pool: pg.Pool,
  tables: Pick<Tables, 'catalogue' | 'results' | 'hists'>,
): Promise<Omit<Sources, 'cards'>> {
  const catalogue = await requireTable(pool, tables.catalogue, 'catalogue_table');
  const results = await requireTable(pool, tables.results, 'results_table');
  const hists =
    tables.hists === undefined ? undefined : await requireTable(pool, tables.hists, 'hists_table');
  const { type } = (await Columns.of(pool, catalogue)).require('obstime');
  const obstime = type === 'timestamp with time zone' ? `(s.obstime AT TIME ZONE 'UTC')` : 's.obstime';
  return { catalogue, results, hists, obstime };
}

function explain(error: unknown, { best }: ResultsViews): unknown {
  if (errorCode(error) === '42501')
    return new DatabaseSetupError(
      `this database role may not create ${best}`,
      'Run parcelwise init once as the owner of the database',
      { cause: error },
    );
  if (errorCode(error) === '2BP01')
    return new DatabaseSetupError(
      `${best} or a view beside it has to change, and others depend on it`,
      'Drop those, and make them again afterwards',
      { cause: error },
    );
  return error;
}

const literal = (text: string): string => pg.escapeLiteral(text);
const digest = (text: string): string => createHash('md5').update(text).digest('hex');
