/** Reads the query of a request as CbM's server does. */
import type { FastifyRequest } from 'fastify';
import type { Dataset } from '../datasets/dataset.js';
import { RequestFault } from '../request-fault.js';
import type { Served } from '../served.js';

/** Parameters by name; of one that is given twice the first counts. */
export type Query = Readonly<Record<string, string | undefined>>;

export function queryOf(request: FastifyRequest): Query {
  return request.query as Query;
}

/** CbM's server takes `True` alone; people write the others. */
export function isTrue(text: string | undefined, otherwise = false): boolean {
  return text === undefined || text === '' ? otherwise : /^(true|1)$/i.test(text);
}

/** @throws RequestFault where there is no such dataset; CbM's clients know 404 for a failure. */
export function datasetOf({ datasets }: Served, { aoi, year }: Query): Dataset {
  const dataset = aoi === undefined || year === undefined ? undefined : datasets.find(aoi, year);
  if (dataset !== undefined) return dataset;
  throw new RequestFault(
    404,
    aoi === undefined || year === undefined
      ? 'The query names no dataset. Say aoi and year: ?aoi=ms&year=2024'
      : 'There is no such dataset. /query/info lists those that there are',
  );
}
