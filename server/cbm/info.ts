/** CbM's page of information: what is served to who asks, with examples to try. */
import type { FastifyInstance } from 'fastify';
import { radiometriesOf, someParcelIds } from '../../database/reads/dataset-examples.js';
import { maySee, NOBODY_ASKED } from '../accounts/account.js';
import type { Dataset } from '../datasets/dataset.js';
import type { Served } from '../served.js';
import { orEmpty } from './answer.js';
import { queryOf } from './query.js';

const EXAMPLES = 5;
/** Kinds of series that the page tells of. */
const KINDS = ['s2', 'bs', 'c6'] as const;

/** What clients of CbM have to know of raw numbers. */
const RAW_NUMBERS =
  'Numbers of Sentinel-2 are raw. Of products since baseline 04.00 they are 1000 too high, which clients of CbM do not subtract: the NDVI that they draw is too low. Extract with radiometry "harmonised" for series that they draw right.';

export function registerInfoRoute(app: FastifyInstance, served: Served): void {
  app.get('/query/info', async (request, reply) => {
    const url = `${request.protocol}://${request.host}`;
    const { aoi = '' } = queryOf(request);
    const account = request.account ?? NOBODY_ASKED;
    const areas = new Map<string, Dataset[]>();
    for (const dataset of served.datasets.all()) {
      if (!maySee(account, dataset.aoi) || (aoi !== '' && aoi.toLowerCase() !== dataset.aoi)) continue;
      areas.set(dataset.aoi, [...(areas.get(dataset.aoi) ?? []), dataset]);
    }
    const aois: Record<string, unknown> = {};
    for (const [name, datasets] of areas) aois[name] = await areaOf(served, datasets, url);
    const page = { server: { host: url, software: 'parcelwise' }, helpers: helpersOf(url), aois };
    return reply.type('application/json; charset=utf-8').send(JSON.stringify(page, undefined, 4));
  });
}

function helpersOf(url: string): Readonly<Record<string, string>> {
  return {
    documentation: 'https://jrc-cbm.readthedocs.io',
    git_repository: 'https://github.com/ec-jrc/cbm',
    information_page: `${url}/query/info`,
  };
}

/**
 * An area with its years, and examples of the last dataset that can be read; undefined where none can, since panels of CbM's clients
 * want examples of every area.
 */
async function areaOf(served: Served, datasets: readonly Dataset[], url: string): Promise<unknown> {
  const years = datasets.map(({ year }) => String(year)).sort();
  for (const dataset of datasets.toSorted((one, other) => other.year - one.year)) {
    const described = await orEmpty(() => describe(served, dataset, url));
    if (Object.keys(described).length > 0) return { years, ...described };
  }
  return undefined;
}

async function describe({ pool }: Served, dataset: Dataset, url: string): Promise<object> {
  const { aoi, year } = dataset;
  const datasets = await dataset.ptypes();
  const tables = await dataset.tablesOf();
  const kinds = KINDS.filter((kind) => tables.signatures.has(kind));
  const ids = await someParcelIds(pool, tables.parcels, EXAMPLES);
  const ask = (route: string, more = ''): string =>
    `${url}/query/${route}?aoi=${encodeURIComponent(aoi)}&year=${year}&pid=${encodeURIComponent(ids[0] ?? '')}${more}`;
  const series = kinds.map((kind) => [
    `parcelTimeSeries_${kind}`,
    ask('parcelTimeSeries', `&tstype=${kind}${kind === 's2' ? '&scl=True' : ''}`),
  ]);
  const optical = tables.signatures.get('s2');
  const radiometries = optical === undefined ? [] : await radiometriesOf(pool, optical, 's2');
  return {
    datasets,
    time_series: kinds,
    tms: [],
    id_table_column: dataset.entry.tables.parcelId,
    [`id_examples_${year}`]: ids,
    ...(radiometries.length > 0 && { radiometry_s2: radiometries.join(', ') }),
    ...(radiometries.includes('raw') && { advice: RAW_NUMBERS }),
    request_examples: {
      parcelByID: ask('parcelByID', '&withGeometry=True'),
      ...(Object.fromEntries(series) as Record<string, string>),
      weatherTimeSeries: ask('weatherTimeSeries'),
      parcelPeers: ask('parcelPeers'),
    },
  };
}
