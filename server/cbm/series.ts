/** CbM's routes of series: of a parcel's statistics, and of its weather. */
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { ReadColumn } from '../../database/reads/json-columns.js';
import {
  readHistogramColumns,
  readSeriesColumns,
  readSeriesRows,
  type SeriesQuestion,
} from '../../database/reads/parcel-series.js';
import type { ServedRows, ServedTables } from '../../database/reads/served-tables.js';
import { readWeatherColumns, readWeatherRows, WEATHER_COLUMNS } from '../../database/reads/weather.js';
import type { Dataset } from '../datasets/dataset.js';
import { RequestFault } from '../request-fault.js';
import type { Served } from '../served.js';
import { orEmpty, Unanswerable } from './answer.js';
import { sendColumns } from './column-answer.js';
import { csvOf, sendCsv } from './csv.js';
import { datasetOf, isTrue, type Query, queryOf } from './query.js';

/**
 * The bands that CbM's API shows where none is asked for, by kind of series: clients turn them into columns. Of other kinds it shows
 * all.
 */
const SHOWN: Readonly<Record<string, readonly string[]>> = {
  s2: ['B02', 'B03', 'B04', 'B05', 'B08', 'B11', 'B2', 'B3', 'B4', 'B5', 'B8', 'SC'],
  bs: ['VVb', 'VHb'],
  c6: ['VVc', 'VHc'],
  c1: ['VVc', 'VHc'],
};
const OPTICAL = 's2';
/** Kinds that no histogram of classes belongs to: asked for with one, their rows would all be left out. */
const RADAR = new Set(['bs', 'bs_tf', 'c6', 'c1']);

export function registerSeriesRoutes(app: FastifyInstance, { pool, ...served }: Served): void {
  app.get('/query/parcelTimeSeries', async (request, reply) => {
    const query = queryOf(request);
    const dataset = datasetOf({ pool, ...served }, query);
    const kind = query.tstype ?? OPTICAL;
    const isCsv = query.tsformat === 'csv';
    if (kind.toLowerCase() === 'scl')
      return sendColumns(reply, async () => {
        const tables = await dataset.tablesOf(query.ptype);
        const { hists, signatures } = tables;
        if (hists === undefined) throw new Unanswerable('the dataset has no table of histograms');
        return readHistogramColumns(pool, tables, hists, signatures.get(OPTICAL), pidOf(query));
      });
    if (isCsv)
      return sendRows(reply, fileOf(dataset, query, kind), async () => {
        const tables = await dataset.tablesOf(query.ptype);
        return readSeriesRows(pool, tables, rowsOf(tables, kind), questionOf(query, kind));
      });
    return sendColumns(reply, async () => {
      const tables = await dataset.tablesOf(query.ptype);
      return readSeriesColumns(pool, tables, rowsOf(tables, kind), questionOf(query, kind));
    });
  });

  app.get('/query/weatherTimeSeries', async (request, reply) => {
    const query = queryOf(request);
    const dataset = datasetOf({ pool, ...served }, query);
    if (query.tsformat !== 'csv')
      return sendColumns(reply, async () =>
        readWeatherColumns(pool, await dataset.tablesOf(query.ptype), pidOf(query)),
      );
    return sendRows(reply, fileOf(dataset, query, 'WeatherTS'), async () => {
      const rows = await readWeatherRows(pool, await dataset.tablesOf(query.ptype), pidOf(query));
      if (rows === undefined) throw new Unanswerable('the database has no weather');
      return { columns: WEATHER_COLUMNS, rows };
    });
  });
}

/** @throws RequestFault where the dataset has no such series, which CbM's clients take for a failure. */
function rowsOf({ signatures }: ServedTables, kind: string): ServedRows {
  const rows = signatures.get(kind) ?? signatures.get(kind.toLowerCase());
  if (rows !== undefined) return rows;
  const there = [...signatures.keys()].join(', ');
  throw new RequestFault(404, `The dataset has no series of tstype ${kind.slice(0, 20)}. It has ${there}`);
}

function questionOf(query: Query, kind: string): SeriesQuestion {
  const { band = '' } = query;
  return {
    id: pidOf(query),
    bands: band === '' ? SHOWN[kind.toLowerCase()] : [band],
    hist: !RADAR.has(kind.toLowerCase()) && isTrue(query.scl, true),
    reference: isTrue(query.ref),
    best: isTrue(query.best),
  };
}

function pidOf({ pid }: Query): string {
  if (pid === undefined) throw new Unanswerable('the query names no pid');
  return pid;
}

/** As CbM's server calls it. */
function fileOf({ aoi, year }: Dataset, { pid = '', ptype = '' }: Query, kind: string): string {
  return `timeseries_${aoi}${year}${ptype === '' ? '' : `_${ptype}`}_${pid}_${kind}.csv`;
}

interface Rows {
  readonly columns: readonly ReadColumn[];
  readonly rows: readonly (readonly (string | null)[])[];
}

/** A table has no form for a question that can't be answered. */
async function sendRows(reply: FastifyReply, name: string, read: () => Promise<Rows>): Promise<FastifyReply> {
  const answer = await orEmpty(read);
  if (!('columns' in answer))
    throw new RequestFault(
      422,
      'This can not be answered as a table. Ask without tsformat=csv, and look at pid and ptype',
    );
  return sendCsv(reply, name, csvOf(answer.columns, answer.rows));
}
