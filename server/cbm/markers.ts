/** CbM's routes of what marks a parcel: markers that another program found, and parcels whose statistics are alike. */
import type { FastifyInstance } from 'fastify';
import { readMarkerColumns } from '../../database/reads/markers.js';
import { readStatisticPeers, type StatisticPeersQuestion } from '../../database/reads/statistic-peers.js';
import { ALL_STATISTIC_COLUMNS } from '../../database/results/statistic-columns.js';
import type { Served } from '../served.js';
import { Unanswerable } from './answer.js';
import { sendColumns } from './column-answer.js';
import { datasetOf, type Query, queryOf } from './query.js';

/** Parcels that are told where nothing is said, and at most. */
const PEERS = { usual: 100, most: 10_000 } as const;

export function registerMarkerRoutes(app: FastifyInstance, served: Served): void {
  const { pool } = served;
  app.get('/query/markers', async (request, reply) => {
    const query = queryOf(request);
    const dataset = datasetOf(served, query);
    return sendColumns(reply, async () => {
      const { parcels } = await dataset.tablesOf(query.ptype);
      if (query.pid === undefined) throw new Unanswerable('the query names no pid');
      return readMarkerColumns(pool, parcels, dataset, query.pid);
    });
  });

  app.get('/query/parcelStatsPeers', async (request, reply) => {
    const query = queryOf(request);
    const dataset = datasetOf(served, query);
    return sendColumns(reply, async () => {
      const tables = await dataset.tablesOf(query.ptype);
      const rows = tables.signatures.get('s2');
      if (rows === undefined) throw new Unanswerable('the dataset has no series of s2');
      const question = peersQuestion(query, dataset.year);
      if (!rows.statistics.includes(question.statistic))
        throw new Unanswerable(`${rows.key} has no column ${question.statistic}`);
      return readStatisticPeers(pool, tables, rows, question);
    });
  });
}

/** One value, or two with a hyphen between them; either may be below 0. */
const VALUES = /^(-?[\d.]+)(?:-(-?[\d.]+))?$/;

function peersQuestion(query: Query, year: number): StatisticPeersQuestion {
  const { band, values = '', stype = 'mean', start_date: firstDay, end_date: lastDay, max } = query;
  const [, from, to = from] = VALUES.exec(values) ?? [];
  const statistic = ALL_STATISTIC_COLUMNS.find((name) => name === stype);
  const most = Math.min(Number(max ?? PEERS.usual), PEERS.most);
  if (band === undefined || from === undefined || statistic === undefined || !(most >= 0))
    throw new Unanswerable('band, values, stype and max are asked for');
  return {
    ...{ band, statistic, from: Number(from), to: Number(to), most: Math.trunc(most) },
    ...{ firstDay: firstDay ?? `${year}-01-01`, lastDay: lastDay ?? `${year}-12-31` },
  };
}
