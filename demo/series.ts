/** A parcel's NDVI series out of the results, as CbM's time-series API asks for it. */
import type pg from 'pg';
import { cardType } from '../cards/card-types.js';
import { requireTable } from '../database/session/identifier.js';
import { query } from '../database/session/session.js';
import type { Observation } from '../terminal/series-chart.js';

export interface SeriesTables {
  readonly catalogue: string;
  readonly parcels: string;
  readonly results: string;
  readonly hists: string;
}

const CARD = 's2';

const CLASSES = (cardType(CARD).classMap?.cloudy ?? []).map((value) => `'${value}'`).join(', ');
const CLOUDY = `EXISTS (SELECT FROM json_object_keys(h.hist) AS class WHERE class IN (${CLASSES}))`;

const SERIES = (tables: SeriesTables) => `
  SELECT to_char(c.obstime, 'YYYY-MM-DD') AS date,
         (nir.mean::float8 - red.mean) / nullif(nir.mean::float8 + red.mean + 2 * $4::float8, 0) AS value,
         h.hist IS NOT NULL AND ${CLOUDY} AS cloudy
  FROM ${tables.catalogue} c
  LEFT JOIN ${tables.results} red ON red.obsid = c.id AND red.pid = $1 AND red.band = $2
  LEFT JOIN ${tables.results} nir ON nir.obsid = c.id AND nir.pid = $1 AND nir.band = $3
  LEFT JOIN ${tables.hists} h ON h.obsid = c.id AND h.pid = $1
  WHERE c.card = '${CARD}' AND c.status = 'extracted'
  ORDER BY c.obstime`;

const CLEAREST = (tables: SeriesTables) => `
  SELECT h.pid
  FROM ${tables.hists} h JOIN ${tables.parcels} p ON p.ogc_fid = h.pid
  WHERE p.crop = $1
  GROUP BY h.pid
  ORDER BY count(*) FILTER (WHERE NOT ${CLOUDY}) DESC, h.pid
  LIMIT 1`;

export interface SeriesOptions {
  /** Names of red and near infrared in the results table. */
  readonly bands?: readonly [red: string, nir: string];
  /** BOA_ADD_OFFSET of the means; 0 where they are harmonised, or of a baseline before 04.00. */
  readonly offset?: number;
}

/** The series of one parcel over all extracted Sentinel-2 scenes, in order of time. */
export async function ndviSeries(
  pool: pg.Pool,
  tables: SeriesTables,
  pid: number,
  { bands = ['B04', 'B08'], offset = -1000 }: SeriesOptions = {},
): Promise<Observation[]> {
  return query<Observation>(pool, SERIES(await keysOf(pool, tables)), [pid, ...bands, offset]);
}

/** The parcel of a crop that the most scenes see without a cloud; undefined where there is none. */
export async function clearestParcel(
  pool: pg.Pool,
  tables: SeriesTables,
  crop: string,
): Promise<number | undefined> {
  const [row] = await query<{ pid: number }>(pool, CLEAREST(await keysOf(pool, tables)), [crop]);
  return row?.pid;
}

async function keysOf(pool: pg.Pool, tables: SeriesTables): Promise<SeriesTables> {
  const [catalogue, parcels, results, hists] = await Promise.all([
    requireTable(pool, tables.catalogue, 'catalogue_table'),
    requireTable(pool, tables.parcels, 'parcel_table'),
    requireTable(pool, tables.results, 'results_table'),
    requireTable(pool, tables.hists, 'hists_table'),
  ]);
  return { catalogue: catalogue.key, parcels: parcels.key, results: results.key, hists: hists.key };
}
