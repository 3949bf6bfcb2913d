/** Parcels as GeoJSON features: one by its id, and those of ids or a place, page by page. */
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { AskedParcels } from '../../database/reads/asked-parcels.js';
import { errorCode } from '../../database/session/errors.js';
import { type ReadParcel, readParcelPage } from '../../database/reads/parcel-pages.js';
import { Problem } from '../problem.js';
import type { Served } from '../served.js';
import { nextPage, readCursor, writeCursor } from './cursor.js';
import { datasetOf, PTYPE } from './datasets.js';
import { defined, type Operation } from './operation.js';
import { askedParcels, PLACE_PARAMETERS, POLYGON } from './places.js';

const GEOJSON = 'application/geo+json';
const MOST_ON_PAGE = 1000;

/** Shapes of JSON are for the document and for tests: what is sent is put together of what PostgreSQL has written. */
const FEATURE = z.object({
  type: z.literal('Feature'),
  id: z.string(),
  geometry: z.object({ type: z.string(), coordinates: z.array(z.unknown()) }).nullable(),
  properties: z.object({
    pid: z.int().meta({ description: "The parcel's number in tables of results." }),
    cropName: z.union([z.string(), z.number(), z.null()]),
    cropCode: z.union([z.string(), z.number(), z.null()]),
    areaM2: z.number().nullable().meta({ description: 'In EPSG:3035.' }),
    centroid: z.tuple([z.number(), z.number()]).nullable().meta({ description: 'Longitude and latitude.' }),
  }),
});

const PAGE = z.object({
  type: z.literal('FeatureCollection'),
  features: z.array(FEATURE),
  next: z.string().nullable().meta({ description: 'Where the next page is; null on the last one.' }),
});

const PAGING = {
  ptype: PTYPE,
  geometry: z
    .enum(['true', 'false'])
    .default('true')
    .transform((text) => text === 'true')
    .meta({ description: 'Whether features have their geometries.' }),
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(MOST_ON_PAGE)
    .default(100)
    .meta({ description: 'Parcels on a page.' }),
  cursor: z.string().max(200).optional().meta({ description: 'Where the page begins: as next has it.' }),
};

/** Ids are texts: one that no column of numbers can hold is of no parcel. */
const NUMBER = /^-?\d{1,19}$/;

export function parcelOperations(served: Served): Operation[] {
  const pageOf = async (
    dataset: string | undefined,
    asked: AskedParcels,
    page: {
      readonly ptype?: string | undefined;
      limit: number;
      geometry: boolean;
      cursor?: string | undefined;
    },
    { request, signal }: { readonly request: FastifyRequest; readonly signal: AbortSignal },
  ): Promise<string> => {
    const { parcels } = await datasetOf(served, dataset, request).tablesOf(page.ptype);
    const [after] = page.cursor === undefined ? [] : readCursor(page.cursor, [NUMBER]);
    const options = { after, most: page.limit + 1, withGeometry: page.geometry };
    const found = await readParcelPage(served.pool, parcels, asked, options, signal);
    const shown = found.slice(0, page.limit);
    const isLast = found.length === shown.length;
    const next = isLast ? null : nextPage(request.url, writeCursor([shown.at(-1).fid]));
    return `{"type":"FeatureCollection","features":[${shown.map(featureOf).join(',')}],"next":${JSON.stringify(next)}}`;
  };
  return [
    defined({
      ...{ method: 'GET', path: '/datasets/{dataset}/parcels', id: 'listParcels', tag: 'parcels' },
      summary: 'Parcels by ids, in a box or at a point, page by page; all where nothing is said',
      query: z.strictObject({ ...PLACE_PARAMETERS, ...PAGING }),
      answers: [{ type: GEOJSON, schema: PAGE }],
      problems: [403, 404, 422],
      answer: async ({ path, query, request, reply, signal }) =>
        reply.type(GEOJSON).send(await pageOf(path.dataset, askedParcels(query), query, { request, signal })),
    }),
    defined({
      ...{ method: 'POST', path: '/datasets/{dataset}/parcels/search', id: 'searchParcels', tag: 'parcels' },
      summary: 'Parcels that meet a polygon, page by page',
      description:
        'The body is a GeoJSON Polygon or MultiPolygon. The next page is asked for with the same body.',
      query: z.strictObject(PAGING),
      body: POLYGON,
      answers: [{ type: GEOJSON, schema: PAGE }],
      problems: [403, 404, 413, 422],
      answer: async ({ path, query, body, request, reply, signal }) =>
        reply
          .type(GEOJSON)
          .send(await pageOf(path.dataset, askedParcels({ polygon: body }), query, { request, signal })),
    }),
    defined({
      ...{ method: 'GET', path: '/datasets/{dataset}/parcels/{parcel}', id: 'getParcel', tag: 'parcels' },
      summary: 'A parcel by its id',
      query: z.strictObject({ ptype: PTYPE }),
      answers: [{ type: GEOJSON, schema: FEATURE }],
      problems: [403, 404],
      answer: async ({ path, query: { ptype }, request, reply, signal }) => {
        const { parcels } = await datasetOf(served, path.dataset, request).tablesOf(ptype);
        const asked: AskedParcels = { by: 'ids', ids: [path.parcel!] };
        const [parcel] = await orNone(
          readParcelPage(served.pool, parcels, asked, { most: 1, withGeometry: true }, signal),
        );
        if (parcel === undefined) throw noParcel();
        return reply.type(GEOJSON).send(featureOf(parcel));
      },
    }),
  ];
}

export function noParcel(): Problem {
  return new Problem(404, { detail: 'The dataset has no parcel of this id.' });
}

/** What is found; nothing where the id is none that the column could hold. */
export async function orNone<Found>(found: Promise<Found[]>): Promise<Found[]> {
  try {
    return await found;
  } catch (error) {
    // Class 22 is about values.
    if (errorCode(error)?.startsWith('22') === true) return [];
    throw error;
  }
}

function featureOf({ id, fid, cropName, cropCode, area, lon, lat, geometry }: ReadParcel): string {
  const centroid = lon === null || lat === null ? null : [lon, lat];
  const properties = { pid: Number(fid), cropName, cropCode, areaM2: area, centroid };
  return `{"type":"Feature","id":${JSON.stringify(id)},"geometry":${geometry ?? 'null'},"properties":${JSON.stringify(properties)}}`;
}
