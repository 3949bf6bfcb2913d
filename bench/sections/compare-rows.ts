/** Our rows beside those of the seed's procedure, in the database. */
import type pg from 'pg';
import { number } from '../report.js';

const STATISTICS = ['mean', 'std', 'min', 'max', 'p25', 'p50', 'p75'];

/** Of the parcels the seed measured: all rows of both sides, by parcel and band. */
const ROWS = `
  SELECT count(*)::int AS rows, count(*) FILTER (WHERE ours.pid IS NULL)::int AS missing,
         count(*) FILTER (WHERE seed.pid IS NULL)::int AS extra,
         count(*) FILTER (WHERE ours.count <> seed.count)::int AS counts,
         max(greatest(${STATISTICS.map((name) => `abs(ours.${name} - seed.${name}) / greatest(1, abs(seed.${name}))`).join(', ')}))::float8 AS difference
  FROM (SELECT * FROM sigs WHERE obsid = $1 AND pid IN (SELECT pid FROM seed_sigs)) AS ours
  FULL JOIN (SELECT * FROM seed_sigs WHERE obsid = $1) AS seed USING (pid, band)`;

const HISTS = `
  SELECT count(*)::int AS hists, count(*) FILTER (WHERE ours.hist::jsonb IS DISTINCT FROM seed.hist::jsonb)::int AS differing
  FROM (SELECT * FROM hists WHERE obsid = $1 AND pid IN (SELECT pid FROM seed_hists)) AS ours
  FULL JOIN (SELECT * FROM seed_hists WHERE obsid = $1) AS seed USING (pid)`;

/** What a comparison found, in a sentence. */
export async function compareRows(pool: pg.Pool, obsid: number): Promise<string> {
  const { rows, missing, extra, counts, difference } = (
    await pool.query<Record<string, number>>(ROWS, [obsid])
  ).rows[0]!;
  const { hists, differing } = (await pool.query<Record<string, number>>(HISTS, [obsid])).rows[0]!;
  return (
    `Of ${rows!.toLocaleString('en')} rows compared with the seed's, ${missing} are missing, ${extra} are extra, ${counts} have another ` +
    `count; the largest relative difference of any number is ${difference?.toExponential(1) ?? 'unknown'}. ` +
    `Of ${number(hists!)} histograms ${differing} differ.`
  );
}
