/** Our rows of a scene beside CbM's, in the database: what is missing, what is more, what differs. */
import type pg from 'pg';
import { STATISTIC_COLUMNS as ALL } from '../../database/results/statistic-columns.js';

export type Statistic = Exclude<(typeof ALL)[number], 'count'>;
/** Counts are compared by themselves. */
const STATISTICS = ALL.filter((name) => name !== 'count');

export interface Differences {
  readonly rows: number;
  readonly missing: number;
  readonly extra: number;
  readonly counts: number;
  /** Rows with a minimum or maximum that is another number, or one of the others beyond the tolerance. */
  readonly beyond: number;
  /** The largest relative difference of each statistic. */
  readonly largest: Readonly<Record<Statistic, number>>;
  readonly hists: number;
  readonly histsDiffering: number;
  /** Some of what differs, in words. */
  readonly examples: readonly string[];
}

/**
 * Relative to the larger of both numbers; of the standard deviation, which is a small difference of large numbers where
 * pixels are alike, to the mean where that is larger.
 */
const relative = (name: Statistic): string => {
  const sizes = [`abs(ours.${name})`, `abs(cbm.${name})`, ...(name === 'std' ? ['abs(cbm.mean)'] : [])];
  return `coalesce(abs(ours.${name}::float8 - cbm.${name}) / nullif(greatest(${sizes.join(', ')}), 0), 0)`;
};

const COMPARED = `
  SELECT pid, band, ours.pid IS NULL AS missing, cbm.pid IS NULL AS extra, ours.count IS DISTINCT FROM cbm.count AS counted,
         ours.count AS our_count, cbm.count AS cbm_count,
         ${STATISTICS.map((name) => `${relative(name)} AS ${name}`).join(', ')}
  FROM (SELECT * FROM sigs WHERE obsid = $1) AS ours
  FULL JOIN (SELECT * FROM cbm_sigs WHERE obsid = $1) AS cbm USING (pid, band)`;

const BEYOND = `(greatest(${STATISTICS.join(', ')}) > $2 OR min > 0 OR max > 0)`;

const SUMMARY = `
  SELECT count(*)::int AS rows, count(*) FILTER (WHERE missing)::int AS missing, count(*) FILTER (WHERE extra)::int AS extra,
         count(*) FILTER (WHERE counted AND NOT missing AND NOT extra)::int AS counts,
         count(*) FILTER (WHERE ${BEYOND})::int AS beyond,
         ${STATISTICS.map((name) => `coalesce(max(${name}), 0)::float8 AS ${name}`).join(', ')}
  FROM (${COMPARED}) AS compared`;

const EXAMPLES = `
  SELECT format('parcel %s, %s: %s', pid, trim(band), CASE WHEN missing THEN 'CbM alone has a row'
           WHEN extra THEN 'we alone have a row' WHEN counted THEN format('count %s, CbM''s %s', our_count, cbm_count)
           ELSE format('numbers differ by up to %s', greatest(${STATISTICS.join(', ')})) END) AS example
  FROM (${COMPARED}) AS compared WHERE missing OR extra OR counted OR ${BEYOND}
  ORDER BY pid, band LIMIT 10`;

const HISTS = `
  SELECT count(*)::int AS hists, count(*) FILTER (WHERE ours.hist::jsonb IS DISTINCT FROM cbm.hist::jsonb)::int AS "histsDiffering"
  FROM (SELECT * FROM hists WHERE obsid = $1) AS ours
  FULL JOIN (SELECT * FROM cbm_hists WHERE obsid = $1) AS cbm USING (pid)`;

type Summary = Record<Statistic | 'rows' | 'missing' | 'extra' | 'counts' | 'beyond', number>;

/** @param tolerance relative. */
export async function differences(pool: pg.Pool, obsid: number, tolerance: number): Promise<Differences> {
  const summary = await pool.query<Summary>(SUMMARY, [obsid, tolerance]);
  const hists = await pool.query<{ hists: number; histsDiffering: number }>(HISTS, [obsid]);
  const examples = await pool.query<{ example: string }>(EXAMPLES, [obsid, tolerance]);
  const { rows, missing, extra, counts, beyond, ...largest } = summary.rows[0]!;
  return {
    ...{ rows, missing, extra, counts, beyond, largest },
    ...hists.rows[0]!,
    examples: examples.rows.map(({ example }) => example),
  };
}

export function areEqual(found: Differences): boolean {
  const { missing, extra, counts, beyond, histsDiffering } = found;
  return missing + extra + counts + beyond + histsDiffering === 0;
}
