/** Our rows beside those of CbM's procedure, in the database. */
import type pg from 'pg';
import { STATISTIC_COLUMNS } from '../../database/results/statistic-columns.js';
import { number } from '../report.js';

/** Counts are compared by themselves. */
const STATISTICS = STATISTIC_COLUMNS.filter((name) => name !== 'count');

/** Of the parcels CbM's scripts measured: all rows of both sides, by parcel and band. */
const ROWS = `
  SELECT count(*)::int AS rows, count(*) FILTER (WHERE ours.pid IS NULL)::int AS missing,
         count(*) FILTER (WHERE cbm.pid IS NULL)::int AS extra,
         count(*) FILTER (WHERE ours.count <> cbm.count)::int AS counts,
         max(greatest(${STATISTICS.map((name) => `abs(ours.${name} - cbm.${name}) / greatest(1, abs(cbm.${name}))`).join(', ')}))::float8 AS difference
  FROM (SELECT * FROM sigs WHERE obsid = $1 AND pid IN (SELECT pid FROM cbm_sigs)) AS ours
  FULL JOIN (SELECT * FROM cbm_sigs WHERE obsid = $1) AS cbm USING (pid, band)`;

const HISTS = `
  SELECT count(*)::int AS hists, count(*) FILTER (WHERE ours.hist::jsonb IS DISTINCT FROM cbm.hist::jsonb)::int AS differing
  FROM (SELECT * FROM hists WHERE obsid = $1 AND pid IN (SELECT pid FROM cbm_hists)) AS ours
  FULL JOIN (SELECT * FROM cbm_hists WHERE obsid = $1) AS cbm USING (pid)`;

/** What a comparison found, in a sentence. */
export async function compareRows(pool: pg.Pool, obsid: number): Promise<string> {
  const { rows, missing, extra, counts, difference } = (
    await pool.query<Record<string, number>>(ROWS, [obsid])
  ).rows[0]!;
  const { hists, differing } = (await pool.query<Record<string, number>>(HISTS, [obsid])).rows[0]!;
  return (
    `Of ${rows!.toLocaleString('en')} rows compared with CbM's, ${missing} are missing, ${extra} are extra, ${counts} have another ` +
    `count; the largest relative difference of any number is ${difference?.toExponential(1) ?? 'unknown'}. ` +
    `Of ${number(hists!)} histograms ${differing} differ.`
  );
}
