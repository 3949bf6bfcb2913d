/** A parcel's NDVI series, raw out of the results table and clear out of the clear one. */
import type pg from 'pg';
import { requireTable } from '../database/session/identifier.js';
import { query } from '../database/session/session.js';
import type { Observation } from '../terminal/series-chart.js';

export interface SeriesTables {
  readonly catalogue: string;
  readonly parcels: string;
  readonly results: string;
  readonly clear: string;
}

const CARD = 's2';
/** NDVI as a column of three characters holds it. */
const BAND = 'NDV';

const SERIES = (tables: SeriesTables) => `
  SELECT to_char(c.obstime, 'YYYY-MM-DD') AS date, raw.mean::float8 AS raw, clear.mean::float8 AS clear
  FROM ${tables.catalogue} c
  LEFT JOIN ${tables.results} raw ON raw.obsid = c.id AND raw.pid = $1 AND raw.band = '${BAND}'
  LEFT JOIN ${tables.clear} clear ON clear.obsid = c.id AND clear.pid = $1 AND clear.band = '${BAND}'
  WHERE c.card = '${CARD}' AND c.status = 'extracted'
  ORDER BY c.obstime`;

/** Of those with as many clear rows, one that clouds touched often shows best what clear rows are for. */
const CLEAREST = (tables: SeriesTables) => `
  SELECT clear.pid
  FROM ${tables.clear} clear
  JOIN ${tables.results} raw ON (raw.pid, raw.obsid, raw.band) = (clear.pid, clear.obsid, clear.band)
  JOIN ${tables.parcels} p ON p.ogc_fid = clear.pid
  WHERE p.crop = $1 AND clear.band = '${BAND}'
  GROUP BY clear.pid
  ORDER BY count(*) DESC, count(*) FILTER (WHERE clear.count < raw.count) DESC, clear.pid
  LIMIT 1`;

const CLEAR_ROWS = (tables: SeriesTables) => `SELECT count(*)::int AS rows FROM ${tables.clear}`;

/** The series of one parcel over all extracted Sentinel-2 scenes, in order of time. */
export async function ndviSeries(pool: pg.Pool, tables: SeriesTables, pid: number): Promise<Observation[]> {
  return query<Observation>(pool, SERIES(await keysOf(pool, tables)), [pid]);
}

/** The parcel of a crop that the most scenes see without clouds, at least in part; undefined where there is none. */
export async function clearestParcel(
  pool: pg.Pool,
  tables: SeriesTables,
  crop: string,
): Promise<number | undefined> {
  const [row] = await query<{ pid: number }>(pool, CLEAREST(await keysOf(pool, tables)), [crop]);
  return row?.pid;
}

/** Rows of the clear table. */
export async function clearRows(pool: pg.Pool, tables: SeriesTables): Promise<number> {
  const [row] = await query<{ rows: number }>(pool, CLEAR_ROWS(await keysOf(pool, tables)), []);
  return row!.rows;
}

async function keysOf(pool: pg.Pool, tables: SeriesTables): Promise<SeriesTables> {
  const [catalogue, parcels, results, clear] = await Promise.all([
    requireTable(pool, tables.catalogue, 'catalogue_table'),
    requireTable(pool, tables.parcels, 'parcel_table'),
    requireTable(pool, tables.results, 'results_table'),
    requireTable(pool, tables.clear, 'clear_table'),
  ]);
  return { catalogue: catalogue.key, parcels: parcels.key, results: results.key, clear: clear.key };
}
