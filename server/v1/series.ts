/** The series of one parcel. */
import { z } from 'zod';
import type { AskedParcels } from '../../database/reads/asked-parcels.js';
import { prepareSeries, readBands, readSeries } from '../../database/reads/many-series.js';
import { readParcelNames } from '../../database/reads/parcel-pages.js';
import type { Served } from '../served.js';
import { datasetOf, PTYPE } from './datasets.js';
import { openTable } from './open-table.js';
import { formatOf, MEDIA_TYPES } from './formats.js';
import { defined, type Operation } from './operation.js';
import { noParcel, orNone } from './parcels.js';
import { askedSeries, rowsOf, SERIES_PARAMETERS } from './series-question.js';
import { columnsJson, type ParcelSeries, type SeriesTable } from './series-table.js';

const FORMATS = ['json', 'csv', 'arrow'] as const;

const COLUMNS = z.record(z.string(), z.array(z.union([z.string(), z.number(), z.null()])));

const SERIES = z.object({
  parcel: z.string(),
  card: z.string(),
  kind: z.enum(['raw', 'clear']),
  which: z.enum(['best', 'current', 'all']),
  layout: z.enum(['long', 'wide']),
  columns: COLUMNS.meta({
    description:
      'Lists of one length, in the order of time: time (UTC), scene, cloud (per cent, of the best), then band and statistics, or a column for each band.',
  }),
});

export function seriesOperations(served: Served): Operation[] {
  const { pool } = served;
  return [
    defined({
      ...{
        method: 'GET',
        path: '/datasets/{dataset}/parcels/{parcel}/series',
        id: 'getSeries',
        tag: 'series',
      },
      summary: 'What was measured of a parcel, by date and band',
      query: z.strictObject({
        ...SERIES_PARAMETERS,
        format: z.enum(FORMATS).optional().meta({ description: 'In place of the header Accept.' }),
        ptype: PTYPE,
      }),
      answers: FORMATS.map((format) => ({
        type: MEDIA_TYPES[format],
        schema: format === 'json' ? SERIES : undefined,
      })),
      problems: [403, 404, 406, 422],
      answer: async ({ path, query, request, reply, signal }) => {
        const format = formatOf(request, FORMATS, query.format);
        const tables = await datasetOf(served, path.dataset, request).tablesOf(query.ptype);
        const { parcel: id = '' } = path;
        const meant: AskedParcels = { by: 'ids', ids: [id] };
        const [names] = await orNone(readParcelNames(pool, tables.parcels, meant, 1, signal));
        if (names === undefined) throw noParcel();
        const rows = rowsOf(tables, query.card);
        let asked = askedSeries(query, tables, rows);
        if (asked.layout === 'wide' && asked.bands === undefined) {
          const there = await readBands(pool, tables, rows, names.fid, asked);
          asked = { ...asked, bands: there.map((name) => ({ name, spellings: [name] })) };
        }
        const prepared = prepareSeries(tables, rows, asked);
        const [found] = await readSeries(pool, prepared, [names.fid], signal);
        const columns = found?.columns ?? prepared.columns.map(({ name }) => ({ name, json: '[]' }));
        void reply.type(MEDIA_TYPES[format]).header('vary', 'accept');
        if (format !== 'json') {
          const table = await openTable(format, prepared.columns);
          return reply.send(whole(table, { parcel: id, columns }));
        }
        const { kind, which, layout } = asked;
        const head = JSON.stringify({ parcel: id, card: query.card, kind, which, layout }).slice(0, -1);
        return reply.send(`${head},"columns":${columnsJson(columns)}}`);
      },
    }),
  ];
}

function whole(table: SeriesTable, series: ParcelSeries): Buffer {
  return Buffer.concat([table.begin(), table.part([series]), table.end()].map((part) => Buffer.from(part)));
}
