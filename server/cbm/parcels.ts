/** CbM's routes of parcels: at a point, by id, under a polygon, and those like one nearby. */
import type { FastifyInstance } from 'fastify';
import {
  type ParcelAnswer,
  parcelIdsUnder,
  parcelsAtPoint,
  parcelsById,
  parcelsUnder,
  type ToldParcel,
} from '../../database/reads/parcels-at.js';
import { peersOf } from '../../database/reads/parcel-peers.js';
import type { ServedParcels } from '../../database/reads/served-tables.js';
import type { Served } from '../served.js';
import { type Columns, columnsOf, orEmpty, Unanswerable } from './answer.js';
import { readPolygon } from './polygon.js';
import { datasetOf, isTrue, type Query, queryOf } from './query.js';

/** Peers that are told where nothing is said, and at most. */
const PEERS = { usual: 10, most: 10_000 } as const;
const PEER_METRES = { usual: 2000, most: 100_000 } as const;

export function registerParcelRoutes(app: FastifyInstance, served: Served): void {
  const route = (
    paths: readonly string[],
    answer: (query: Query, parcels: ServedParcels) => Promise<Columns>,
  ): void => {
    for (const path of paths)
      app.get(`/query/${path}`, (request) => {
        const query = queryOf(request);
        const dataset = datasetOf(served, query);
        return orEmpty(async () => answer(query, (await dataset.tablesOf(query.ptype)).parcels));
      });
  };
  const { pool } = served;
  route(['parcelByLocation'], async (query, parcels) => {
    const point = { lon: numberOf(query.lon), lat: numberOf(query.lat) };
    const asked = answerOf(query);
    return told(asked, await parcelsAtPoint(pool, parcels, point, asked));
  });
  route(['parcelByID'], async (query, parcels) => {
    const asked = answerOf(query);
    return told(asked, await parcelsById(pool, parcels, idOf(query), asked));
  });
  route(['parcelsByPolygon', 'parcelByPolygon'], async (query, parcels) => {
    const shape = readPolygon(query.polygon ?? '');
    const asked = answerOf(query);
    if (!isTrue(query.only_ids, true)) return told(asked, await parcelsUnder(pool, parcels, shape, asked));
    const rows = await parcelIdsUnder(pool, parcels, shape, asked);
    return columnsOf(asked.withGeometry ? ['pid', 'geom'] : ['pid'], rows);
  });
  route(['parcelPeers'], async (query, parcels) => {
    const { cropName } = parcels;
    if (cropName === undefined) throw new Unanswerable('the parcels have no column of crops');
    const metres = Math.min(numberOf(query.distance, PEER_METRES.usual), PEER_METRES.most);
    const most = Math.min(Math.trunc(numberOf(query.max, PEERS.usual)), PEERS.most);
    if (metres < 0 || most < 0) throw new Unanswerable('distance and max are 0 or more');
    const peers = await peersOf(pool, parcels, cropName, { id: idOf(query), metres, most });
    return { pids: peers.map(({ pid }) => pid), distance: peers.map(({ distance }) => distance) };
  });
}

function told(asked: ParcelAnswer, rows: readonly ToldParcel[]): Columns {
  const geometry = asked.withGeometry ? (['geom'] as const) : [];
  return columnsOf(['pid', 'cropname', 'cropcode', 'srid', ...geometry, 'area', 'clon', 'clat'], rows);
}

function answerOf(query: Query): ParcelAnswer {
  return { withGeometry: isTrue(query.withGeometry), wgs84: isTrue(query.wgs84) };
}

function idOf({ pid }: Query): string {
  if (pid === undefined) throw new Unanswerable('the query names no pid');
  return pid;
}

function numberOf(text: string | undefined, otherwise?: number): number {
  const number = text === undefined || text.trim() === '' ? otherwise : Number(text);
  if (number === undefined || !Number.isFinite(number)) throw new Unanswerable('a number is missing');
  return number;
}
