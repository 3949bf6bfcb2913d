/**
 * A season that CbM's client can draw, in the tables that CbM's tools make: parcels that turn green and are cut, every third
 * date under clouds, radar of two kinds. `ms_2024` is harmonised, with bands of type char(3); `ms_2023` has the same parcels in raw
 * numbers, with bands of type text. Among the scenes are one that is superseded, and two of one time that overlap.
 */
import type pg from 'pg';
import { VIEWED_CARDS } from '../../campaigns/viewed-cards.js';
import { makeResultsViews } from '../../database/results/results-views.js';
import type { DatasetEntry } from '../../server/datasets/dataset.js';
import { SELECTION } from '../database/season.js';
import { ENTRY } from './served-season.js';

/** Dates of optical scenes, eight days apart from the 2nd of April on; radar comes every twelve. */
export const DATES = 20;
/** The date whose scene is superseded, by a scene of the same time; and the one that two tiles show. */
const RENEWED = 5;
export const OVERLAPPED = 8;
/** Of dates counted from 1: every third is cloudy. */
export const isCloudy = (date: number): boolean => date % 3 === 0;
/** What a raw number of a product since baseline 04.00 is higher by. */
export const OFFSET = 1000;

/** Reflectances of the parcel in band 4 and 8, in ten-thousandths, as the statement below has them. */
export function reflectances(date: number): { readonly red: number; readonly nir: number } {
  const green = Math.sin((Math.PI * date) / DATES);
  return { red: Math.round(900 - 600 * green), nir: Math.round(1500 + 2500 * green) };
}

const SCENES = `
  INSERT INTO dias_catalogue (id, obstime, reference, sensor, card, status)
  SELECT 100 + n, timestamp '2024-03-25 10:56:19' + n * interval '8 days',
         format('S2A_MSIL2A_2024%sT105619_N0510_R051_T31UES_%s.SAFE', n, n), '2A', 's2', 'extracted' FROM generate_series(1, ${DATES}) AS n
  UNION ALL SELECT 200, timestamp '2024-03-25 10:56:19' + ${RENEWED} * interval '8 days', 'renewed.SAFE', '2A', 's2', 'extracted'
  UNION ALL SELECT 201, timestamp '2024-03-25 10:56:19' + ${OVERLAPPED} * interval '8 days', 'overlap.SAFE', '2A', 's2', 'extracted'
  UNION ALL SELECT 300 + n, timestamp '2024-03-20 17:24:31' + n * interval '12 days', 'bs ' || n, '1A', 'bs', 'extracted' FROM generate_series(1, 14) AS n
  UNION ALL SELECT 400 + n, timestamp '2024-03-20 17:24:31' + n * interval '12 days', 'c6 ' || n, '1A', 'c6', 'extracted' FROM generate_series(1, 14) AS n`;

/** Every band of every scene and parcel; scene 200 is the former one of its date, of numbers that nobody must see. */
const ROWS = (table: string, offset: number) => `
  INSERT INTO ${table} (pid, obsid, band, count, mean, std, min, p25, p50, p75, max)
  SELECT p.ogc_fid, s.id, b.band, 100 - (s.id = 201)::int, b.mean, b.mean / 20, b.mean * 0.8, b.mean * 0.95, b.mean, b.mean * 1.05, b.mean * 1.2
  FROM parcels p CROSS JOIN dias_catalogue s
  CROSS JOIN LATERAL (SELECT CASE s.id WHEN 200 THEN ${RENEWED} WHEN 201 THEN ${OVERLAPPED} ELSE s.id % 100 END AS date) AS d
  CROSS JOIN LATERAL (SELECT sin(pi() * d.date / ${DATES}) AS green) AS g
  CROSS JOIN LATERAL (
    SELECT band, CASE WHEN s.id = 200 THEN 9 ELSE mean END FROM (VALUES
      ('s2', 'B02', 500 + ${offset}), ('s2', 'B03', 700 + ${offset}), ('s2', 'B04', round(900 - 600 * green) + ${offset}),
      ('s2', 'B08', round(1500 + 2500 * green) + ${offset}), ('s2', 'SC', 4 + 5 * (d.date % 3 = 0)::int),
      ('bs', 'VVb', 0.05 + 0.1 * green), ('bs', 'VHb', 0.01 + 0.03 * green),
      ('c6', 'VVc', 0.7 - 0.4 * green), ('c6', 'VHc', 0.6 - 0.3 * green)) AS measured (card, band, mean)
    WHERE measured.card = s.card) AS b (band, mean)
  WHERE s.id > 100`;

const HISTOGRAMS = `
  INSERT INTO hists (pid, obsid, hist)
  SELECT p.ogc_fid, s.id, CASE WHEN s.id < 200 AND s.id % 3 = 100 % 3 THEN '{"4": 10, "9": 15}' ELSE '{"4": 25}' END::json
  FROM parcels p CROSS JOIN dias_catalogue s WHERE s.id > 100 AND s.card = 's2'`;

const SUPERSEDED = (table: string) => `
  INSERT INTO parcelwise.extraction
    (results_table, obsid, catalogue_table, card, bands, campaign, status, owner_workflow, owner_run)
  SELECT '${table}', id, 'public.dias_catalogue', 's2', '{B04}', 'x', 'extracted', 'x', 'x' FROM (VALUES (200), (${100 + RENEWED})) AS one (id);
  INSERT INTO parcelwise.supersession (results_table, obsid, by_obsid) VALUES ('${table}', 200, ${100 + RENEWED})`;

const WEATHER = `
  CREATE TABLE era5_grid AS SELECT 1 AS grid_id, ST_MakeEnvelope(-180, -90, 180, 90, 4326) AS geom_cell;
  CREATE TABLE era5_data AS SELECT 1 AS grid_id, day::date AS meteo_date, 5.5 AS tmin, 15 AS tmax, 10 AS tmean, 1.5 AS prec
  FROM generate_series(timestamp '2024-04-01', '2024-09-30', '1 day') AS day`;

/** Fills a served season's tables, and makes their views and indexes. */
export async function fillCbmSeason(pool: pg.Pool): Promise<readonly DatasetEntry[]> {
  await pool.query(SCENES);
  await pool.query('CREATE TABLE sigs_raw (LIKE sigs); ALTER TABLE sigs_raw ALTER band TYPE text');
  for (const [table, offset] of [
    ['sigs', 0],
    ['sigs_raw', OFFSET],
  ] as const) {
    await pool.query(ROWS(table, offset));
    await makeResultsViews(pool, { ...SELECTION.tables, results: table }, VIEWED_CARDS);
    await pool.query(SUPERSEDED(`public.${table}`));
    await pool.query(`CREATE INDEX ON ${table} (pid)`);
  }
  await pool.query(HISTOGRAMS);
  await pool.query(WEATHER);
  await pool.query('CREATE INDEX ON hists (pid); ANALYZE sigs, sigs_raw, hists');
  const of = (year: number, table: string): DatasetEntry => ({
    ...{ ...ENTRY, year },
    tables: { ...ENTRY.tables, signatures: { s2: table, bs: table, c6: table } },
  });
  return [of(2024, 'sigs'), of(2023, 'sigs_raw'), { ...of(2024, 'sigs'), aoi: 'be' }];
}
