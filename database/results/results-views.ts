/**
 * Views of a results table, in our own schema: its rows without those of superseded scenes, the best observation of each
 * parcel and day, and series of them. The table itself stays as it is, and needs no index. docs/database.md tells what they
 * cost.
 *
 * For `ms.sigs_2024` they are `parcelwise.ms__sigs_2024_current`, `…_observations`, `…_best`, `…_series` and `…_dekads`; of the
 * schema public, `parcelwise.sigs_2024_current` and so on.
 */
import { createHash } from 'node:crypto';
import pg from 'pg';
import { takeLock } from '../session/advisory-locks.js';
import { BEST, CURRENT, literal, OBSERVATIONS, type Sources, type ViewedCard } from './observation-views.js';
import { ownMeasures } from './own-measures.js';
import { DEKADS, SERIES } from './series-views.js';
import { EXTRA_STATISTIC_COLUMNS, STATISTIC_COLUMNS } from './statistic-columns.js';
import { Columns } from '../session/columns.js';
import { DatabaseSetupError, errorCode } from '../session/errors.js';
import { requireTable } from '../session/identifier.js';
import { type Database, inTransaction, query } from '../session/session.js';
import type { Table, Tables } from '../terms.js';

/** Two campaigns that prepare at once take turns. */
const LOCK = takeLock('views');

/** A view goes on reading the table that it was made of, whatever that is called by now. */
const KNOWN = `
  SELECT ARRAY(SELECT obj_description(to_regclass(name), 'pg_class') FROM unnest($1::text[]) AS name) AS marks, ARRAY(
    SELECT DISTINCT d.refobjid::int8::float8 FROM pg_rewrite r
    JOIN pg_depend d ON (d.classid, d.objid, d.refclassid) = ('pg_rewrite'::regclass, r.oid, 'pg_class'::regclass)
    WHERE r.ev_class IN (SELECT to_regclass(name) FROM unnest($1::text[]) AS name)) AS reads`;

/** What stands under the name of a view without its mark is somebody's own. */
const OTHERS = `
  SELECT name FROM unnest($1::text[]) AS name
  WHERE to_regclass(name) IS NOT NULL AND coalesce(obj_description(to_regclass(name), 'pg_class'), '') !~ ': [0-9a-f]{32}$'`;

type ViewedTables = Pick<Tables, 'catalogue' | 'results' | 'hists' | 'clear'>;

/**
 * Makes the views of a results table, or brings them up to date; where they are, it only reads.
 * @param own names of people's own indices that get columns in the series, beside those that the table has rows of.
 * @returns the views' names, as they stand in statements.
 * @throws DatabaseSetupError when this role may not create views, others depend on views that have to change, or a name is
 * taken.
 */
export async function makeResultsViews(
  pool: pg.Pool,
  tables: ViewedTables,
  cards: readonly ViewedCard[],
  own: readonly string[] = [],
): Promise<ResultsViews> {
  const tablesOf = await sourcesOf(pool, tables);
  const sources = { ...tablesOf, cards, own: await ownMeasures(pool, tablesOf.results, cards, own) };
  const names = await namesOf(pool, sources.results);
  const definitions: readonly (readonly [string, string])[] = [
    [names.current, CURRENT(sources)],
    [names.observations, OBSERVATIONS(sources)],
    [names.best, BEST(sources, names.observations)],
    [names.series, SERIES(sources, names.observations)],
    [names.dekads, DEKADS(sources, names.series)],
  ];
  const all = definitions.map(([name]) => name);
  const mark = `${sources.results.key}: ${digest(definitions.flat().join('\n'))}`;
  const [known] = await query<{ marks: (string | null)[]; reads: number[] }>(pool, KNOWN, [all]);
  const tablesNow = [sources.catalogue, sources.results, sources.hists, sources.clear];
  const isRead = tablesNow.every((table) => table === undefined || known?.reads.includes(table.oid));
  if (isRead && known?.marks.every((one) => one === mark) === true) return names;
  try {
    await inTransaction(pool, async (client) => {
      await client.query(LOCK);
      const [other] = await query<{ name: string }>(client, OTHERS, [all]);
      if (other !== undefined)
        throw new DatabaseSetupError(
          `${other.name} is not a view of parcelwise's`,
          'Rename it, so that the view of that name can be made',
        );
      await client.query(`DROP VIEW IF EXISTS ${all.toReversed().join(', ')}`);
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
  readonly series: string;
  readonly dekads: string;
}

/**
 * Whether all of these views are there, of this table and not of one that was called so before, and may be read by this role. A
 * schema that the role has no right to is no error here.
 */
const READABLE = `
  SELECT count(*) = cardinality($1::text[]) AND coalesce(bool_or(EXISTS (
      SELECT FROM pg_rewrite r
      JOIN pg_depend d ON (d.classid, d.objid, d.refclassid) = ('pg_rewrite'::regclass, r.oid, 'pg_class'::regclass)
      WHERE r.ev_class = v.oid AND d.refobjid = $2::oid)), false) AS readable
  FROM pg_class v JOIN pg_namespace n ON n.oid = v.relnamespace
  WHERE n.nspname = 'parcelwise' AND v.relkind = 'v' AND 'parcelwise."' || v.relname || '"' = ANY ($1::text[])
    AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(v.oid, 'SELECT')`;

/** The views of a results table; undefined where not all of them are there and may be read. */
export async function findResultsViews(
  database: Database,
  results: Table,
): Promise<ResultsViews | undefined> {
  const names = await namesOf(database, results);
  const values = [Object.values(names), results.oid];
  const [found] = await query<{ readable: boolean }>(database, READABLE, values);
  return found?.readable === true ? names : undefined;
}

/** PostgreSQL cuts names after 63 bytes; ours end in a word of 13. */
const LONGEST = 48;
const PLAIN = /^[a-z0-9]+(_[a-z0-9]+)*$/;

/** Names that are no plain words get a digest, so that no two tables share their views. */
async function namesOf(database: Database, results: Table): Promise<ResultsViews> {
  const [found] = await query<{ schema: string; name: string }>(
    database,
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
  return {
    ...{ current: view('current'), observations: view('observations'), best: view('best') },
    ...{ series: view('series'), dekads: view('dekads') },
  };
}

async function sourcesOf(pool: pg.Pool, tables: ViewedTables): Promise<Omit<Sources, 'cards' | 'own'>> {
  const catalogue = await requireTable(pool, tables.catalogue, 'catalogue_table');
  const results = await requireTable(pool, tables.results, 'results_table');
  const hists =
    tables.hists === undefined ? undefined : await requireTable(pool, tables.hists, 'hists_table');
  const clear =
    tables.clear === undefined ? undefined : await requireTable(pool, tables.clear, 'clear_table');
  const { type } = (await Columns.of(pool, catalogue)).require('obstime');
  const obstime = type === 'timestamp with time zone' ? `(s.obstime AT TIME ZONE 'UTC')` : 's.obstime';
  const columns = await Columns.of(pool, results);
  const extra = EXTRA_STATISTIC_COLUMNS.filter((name) => columns.named(name) !== undefined);
  return { catalogue, results, hists, clear, obstime, statistics: [...STATISTIC_COLUMNS, ...extra] };
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

const digest = (text: string): string => createHash('md5').update(text).digest('hex');
