/** Datasets: which there are for who asks, and what can be asked of each. */
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { maySee, NOBODY_ASKED } from '../accounts/account.js';
import type { Dataset } from '../datasets/dataset.js';
import { Problem } from '../problem.js';
import type { Served } from '../served.js';
import { defined, type Operation, PREFIX } from './operation.js';

const DATASET = z.object({
  name: z.string(),
  aoi: z.string(),
  year: z.int(),
  description: z.string().optional(),
  href: z.string(),
});

const DESCRIBED = DATASET.extend({
  parcelTypes: z.array(z.string()).meta({ description: 'Values that the parameter ptype may have.' }),
  srid: z.int().meta({ description: "The parcels' own reference system." }),
  crops: z.object({ name: z.boolean(), code: z.boolean() }),
  series: z.array(
    z.object({
      card: z.string(),
      statistics: z.array(z.string()),
      best: z.boolean().meta({ description: 'Whether the best scene of a day can be asked for.' }),
    }),
  ),
  clear: z.boolean().meta({ description: 'Whether there are statistics of clear pixels alone.' }),
  faults: z.array(z.string()).meta({ description: 'What is wrong with tables that are left out here.' }),
});

/** Of several types of parcels, each with a table of its own. */
export const PTYPE = z
  .string()
  .max(50)
  .optional()
  .meta({ description: 'A type of parcels, where there are several.' });

/** @throws Problem where there is no such dataset, or the account may not see it. */
export function datasetOf({ datasets }: Served, name: string | undefined, request: FastifyRequest): Dataset {
  const dataset = datasets.all().find((one) => one.name === name?.toLowerCase());
  if (dataset === undefined)
    throw new Problem(404, {
      detail: 'There is no such dataset.',
      remedy: `${PREFIX}/datasets lists those that there are.`,
    });
  if (maySee(request.account ?? NOBODY_ASKED, dataset.aoi)) return dataset;
  throw new Problem(403, {
    detail: 'This account may not see the dataset.',
    remedy: 'Ask the administrator of the server for its area.',
  });
}

const shown = ({ name, aoi, year, entry: { description } }: Dataset) => ({
  ...{ name, aoi, year },
  ...(description !== undefined && { description }),
  href: `${PREFIX}/datasets/${encodeURIComponent(name)}`,
});

export function datasetOperations(served: Served): Operation[] {
  const list = defined({
    method: 'GET',
    path: '/datasets',
    id: 'listDatasets',
    tag: 'datasets',
    summary: 'The datasets that the account may see',
    query: z.strictObject({}),
    answers: [{ type: 'application/json', schema: z.object({ datasets: z.array(DATASET) }) }],
    problems: [],
    answer: ({ request }) => {
      const account = request.account ?? NOBODY_ASKED;
      const seen = served.datasets.all().filter(({ aoi }) => maySee(account, aoi));
      return Promise.resolve({ datasets: seen.map(shown) });
    },
  });
  const one = defined({
    method: 'GET',
    path: '/datasets/{dataset}',
    id: 'getDataset',
    tag: 'datasets',
    summary: 'What can be asked of a dataset',
    query: z.strictObject({ ptype: PTYPE }),
    answers: [{ type: 'application/json', schema: DESCRIBED }],
    problems: [403, 404],
    answer: async ({ path, query: { ptype }, request }) => {
      const dataset = datasetOf(served, path.dataset, request);
      const { parcels, signatures, clear, faults } = await dataset.tablesOf(ptype);
      return {
        ...shown(dataset),
        parcelTypes: await dataset.ptypes(),
        srid: parcels.srid,
        crops: { name: parcels.cropName !== undefined, code: parcels.cropCode !== undefined },
        series: [...signatures].map(([card, { statistics, views }]) => ({
          ...{ card, statistics, best: views !== undefined },
        })),
        clear: clear !== undefined,
        faults: faults.map(({ message }) => message),
      };
    },
  });
  return [list, one];
}
