/** What is in the tables of the disturbed run against what the undisturbed one says must be there, row by row. */
import type pg from 'pg';
import { tablesOf } from './campaigns.js';
import { CARDS, type Card } from './season.js';

export interface Comparison {
  readonly card: Card;
  readonly scenes: number;
  readonly rows: number;
  readonly hists: number;
  /** Rows and histograms that should be there and are not, or with other values. */
  readonly lost: number;
  /** Rows and histograms that are there and should not be, or more than once. */
  readonly surplus: number;
  readonly doubled: number;
  /** Scenes that are `ingested` or `inprogress`. */
  readonly stuck: number;
  /** Scenes with another word than undisturbed. */
  readonly misnamed: number;
  /** The scenes and bands with rows that are lost or should not be there, for whoever looks for the reason. */
  readonly wrong: readonly string[];
}

/** Values as text, which tells floats apart bit by bit but for the kinds of NaN. */
const VALUES = {
  rows: 'ROW(r.pid, r.band, r.count, r.mean, r.std, r.min, r.max, r.p25, r.p50, r.p75)::text',
  hists: 'ROW(r.pid, r.hist::text)::text',
};

/** Rows of `one` that `other` lacks: EXCEPT ALL counts how often each is there. */
const MISSING = (one: string, other: string) =>
  `SELECT count(*)::integer AS count FROM (${one} EXCEPT ALL ${other}) AS missing`;

/** Which scenes and bands a difference is about. */
const NAMED = (one: string, other: string, label: string) => `
  SELECT s.reference || ' (' || obsid || ')${label}, ' || count(*) || ' rows' AS name
  FROM (${one} EXCEPT ALL ${other}) AS missing JOIN season.chaos_catalogue s ON s.id = obsid
  GROUP BY s.reference, obsid ORDER BY 1 LIMIT 10`;

const DOUBLED = (table: string, key: string) => `
  SELECT count(*)::integer AS count FROM (SELECT FROM ${table} GROUP BY ${key} HAVING count(*) > 1) AS doubled`;

const STATUSES = `
  SELECT count(*)::integer AS scenes,
         (count(*) FILTER (WHERE s.status IN ('ingested', 'inprogress')))::integer AS stuck,
         (count(*) FILTER (WHERE s.status <> c.status))::integer AS misnamed
  FROM season.chaos_catalogue s JOIN season.twin t ON t.obsid = s.id JOIN season.calm_catalogue c ON c.id = t.original
  WHERE s.card = $1`;

export async function compare(pool: pg.Pool): Promise<Comparison[]> {
  const comparisons: Comparison[] = [];
  for (const card of CARDS) comparisons.push(await compareCard(pool, card));
  return comparisons;
}

async function compareCard(pool: pg.Pool, card: Card): Promise<Comparison> {
  const [calm, chaos] = [tablesOf('calm', card), tablesOf('chaos', card)];
  const count = async (sql: string): Promise<number> =>
    (await pool.query<{ count: number }>(sql)).rows[0]?.count ?? 0;
  const size = (table: string): Promise<number> => count(`SELECT count(*)::integer AS count FROM ${table}`);
  const kinds = [
    { kind: 'rows', should: calm.results, is: chaos.results, key: 'pid, obsid, band' },
    ...(calm.hists !== undefined && chaos.hists !== undefined
      ? [{ kind: 'hists', should: calm.hists, is: chaos.hists, key: 'pid, obsid' } as const]
      : []),
  ] as const;
  let [lost, surplus, doubled] = [0, 0, 0];
  const wrong: string[] = [];
  for (const { kind, should, is, key } of kinds) {
    const values = VALUES[kind];
    const expected = `SELECT t.obsid, ${values} FROM ${should} r JOIN season.twin t ON t.original = r.obsid`;
    const found = `SELECT r.obsid, ${values} FROM ${is} r`;
    const ours = `${expected} JOIN season.chaos_catalogue s ON s.id = t.obsid`;
    lost += await count(MISSING(ours, found));
    surplus += await count(MISSING(found, ours));
    const differ = await pool.query<{ name: string }>(NAMED(ours, found, ` in ${is}`));
    wrong.push(...differ.rows.map(({ name }) => name));
    doubled += await count(DOUBLED(is, key));
  }
  const statuses = await pool.query<Pick<Comparison, 'scenes' | 'stuck' | 'misnamed'>>(STATUSES, [card]);
  return {
    card,
    ...statuses.rows[0]!,
    rows: await size(chaos.results),
    hists: chaos.hists === undefined ? 0 : await size(chaos.hists),
    lost,
    surplus,
    doubled,
    wrong,
  };
}
