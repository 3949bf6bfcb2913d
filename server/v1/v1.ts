/** Our own API: its operations, and the document that describes them. */
import type { FastifyInstance } from 'fastify';
import type { Log } from '../../telemetry/log.js';
import type { Served } from '../served.js';
import { campaignOperations } from './campaigns.js';
import { datasetOperations } from './datasets.js';
import { answerProblems } from './faults.js';
import { gapOperations } from './gaps.js';
import { openApiOf } from './openapi.js';
import { addOperation, type Operation, PREFIX } from './operation.js';
import { parcelOperations } from './parcels.js';
import { sceneOperations } from './scenes.js';
import { seriesOperations } from './series.js';
import { statisticsOperations } from './statistics.js';

/** All that can be asked. */
export function operationsOf(served: Served): readonly Operation[] {
  return [
    ...datasetOperations(served),
    ...parcelOperations(served),
    ...seriesOperations(served),
    ...gapOperations(served),
    ...statisticsOperations(served),
    ...sceneOperations(served),
    ...campaignOperations(served),
  ];
}

export async function registerV1(app: FastifyInstance, served: Served, log: Log): Promise<void> {
  const operations = operationsOf(served);
  const document = openApiOf(operations);
  await app.register(
    (v1, _, done) => {
      answerProblems(v1, log);
      for (const operation of operations) addOperation(v1, operation);
      v1.get('/openapi.json', { config: { open: true } }, () => document);
      done();
    },
    { prefix: PREFIX },
  );
}
