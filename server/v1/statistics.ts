/**
 * Series of many parcels in one answer. It is read some parcels at a time, each time by a short statement: however slowly somebody
 * takes it, no connection of the database is held meanwhile, and memory holds two parts at most.
 */
import { Readable } from 'node:stream';
import { z } from 'zod';
import { type PreparedSeries, prepareSeries, readSeries } from '../../database/reads/many-series.js';
import { type ParcelNames, readParcelNames } from '../../database/reads/parcel-pages.js';
import { Problem } from '../problem.js';
import type { Served } from '../served.js';
import { datasetOf, PTYPE } from './datasets.js';
import { openTable } from './open-table.js';
import { formatOf, MEDIA_TYPES } from './formats.js';
import { defined, type Operation } from './operation.js';
import { askedParcels, PLACE_MEMBERS } from './places.js';
import { askedSeries, rowsOf, SERIES_MEMBERS } from './series-question.js';
import { type ParcelSeries, type SeriesTable } from './series-table.js';

const FORMATS = ['ndjson', 'csv', 'arrow'] as const;

/** So many parcels in one answer. */
const MOST_PARCELS = 100_000;
/** Parcels that are read first, and at most at a time. */
const PARCELS = { first: 20, most: 1000 } as const;
/** What parts are to come to, bytes: small enough to be kept, large enough to be worth a statement. */
const PART_BYTES = 2e6;

const BODY = z
  .strictObject({ ...PLACE_MEMBERS, ...SERIES_MEMBERS })
  .refine(({ layout, bands }) => layout === 'long' || bands !== undefined, {
    path: ['bands'],
    error: 'layout wide wants the bands that are to stand side by side',
  });

export function statisticsOperations(served: Served): Operation[] {
  const { pool } = served;
  return [
    defined({
      ...{ method: 'POST', path: '/datasets/{dataset}/statistics', id: 'getStatistics', tag: 'series' },
      summary: 'What was measured of many parcels, in one stream',
      description: `Parcels by ids, in a box or a polygon (all where nothing is said), ${MOST_PARCELS} at most, in the order of their numbers. NDJSON has a line for each parcel, also for one without rows; CSV and Arrow a line for each row. The header x-parcels tells how many parcels there are; an answer that ends early was broken off.`,
      query: z.strictObject({
        format: z.enum(FORMATS).optional().meta({ description: 'In place of the header Accept.' }),
        ptype: PTYPE,
      }),
      body: BODY,
      answers: FORMATS.map((format) => ({ type: MEDIA_TYPES[format] })),
      problems: [403, 404, 406, 413, 422],
      answer: async ({ path, query, body, request, reply, signal }) => {
        const format = formatOf(request, FORMATS, query.format);
        const tables = await datasetOf(served, path.dataset, request).tablesOf(query.ptype);
        const rows = rowsOf(tables, body.card);
        const prepared = prepareSeries(tables, rows, askedSeries(body, tables, rows));
        const most = MOST_PARCELS + 1;
        const parcels = await readParcelNames(pool, tables.parcels, askedParcels(body), most, signal);
        if (parcels.length > MOST_PARCELS)
          throw new Problem(413, {
            detail: `More than ${MOST_PARCELS} parcels are asked for.`,
            remedy:
              'Ask for a smaller place, or for ids in several calls; parcelwise export writes whole tables.',
          });
        const read = (names: readonly ParcelNames[]) => seriesOf(names, served, prepared, signal);
        void reply.type(MEDIA_TYPES[format]).headers({ vary: 'accept', 'x-parcels': parcels.length });
        return reply.send(Readable.from(partsOf(await openTable(format, prepared.columns), parcels, read)));
      },
    }),
  ];
}

/** Each part is read while the one before is sent. */
async function* partsOf(
  table: SeriesTable,
  parcels: readonly ParcelNames[],
  read: (names: readonly ParcelNames[]) => Promise<ParcelSeries[]>,
): AsyncGenerator<Uint8Array | string, void> {
  yield* some(table.begin());
  let at = 0;
  let count: number = PARCELS.first;
  const next = (): Promise<ParcelSeries[]> | undefined => {
    if (at >= parcels.length) return undefined;
    const reading = read(parcels.slice(at, (at += count)));
    // What goes wrong is thrown where it is waited for.
    reading.catch(() => undefined);
    return reading;
  };
  for (let reading = next(); reading !== undefined;) {
    const series = await reading;
    const part = table.part(series);
    count = partOf(count, part.length);
    reading = next();
    yield* some(part);
  }
  yield* some(table.end());
}

/** An empty piece would end the stream. */
function* some(piece: Uint8Array | string): Generator<Uint8Array, void> {
  if (piece.length > 0) yield Buffer.from(piece);
}

/** So many parcels that they come to a part, of what so many came to; not twice as many at once, as the next may be larger. */
function partOf(count: number, bytes: number): number {
  const fitting = Math.round((count * PART_BYTES) / Math.max(bytes, 1));
  return Math.max(1, Math.min(fitting, 2 * count, PARCELS.most));
}

/** In the order of the names; of a parcel without rows the columns are empty. */
async function seriesOf(
  names: readonly ParcelNames[],
  { pool }: Served,
  prepared: PreparedSeries,
  signal: AbortSignal,
): Promise<ParcelSeries[]> {
  const fids = names.map(({ fid }) => fid);
  const found = await readSeries(pool, prepared, fids, signal);
  const byFid = new Map(found.map(({ key, columns }) => [key, columns]));
  const none = prepared.columns.map(({ name }) => ({ name, json: '[]' }));
  return names.map(({ id, fid }) => ({ parcel: id, columns: byFid.get(fid) ?? none }));
}
