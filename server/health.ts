/** Routes for whoever watches: is the process alive, can it answer, and how it has fared. */
import type { FastifyInstance } from 'fastify';
import { requireSchema } from '../database/session/schema.js';
import { databaseTime } from '../database/session/server.js';
import type { ServerMetrics } from '../telemetry/metrics.js';
import { failing, readinessOf } from '../telemetry/readiness.js';
import type { Served } from './served.js';

export function registerHealth(
  app: FastifyInstance,
  { pool, datasets }: Served,
  metrics: ServerMetrics,
): void {
  const readiness = readinessOf({
    database: () => failing(databaseTime(pool), 'the database does not answer'),
    schema: () =>
      failing(
        requireSchema(pool),
        'the schema parcelwise is missing, of another version, or closed to this role',
      ),
    datasets: () => Promise.resolve(datasets.all().length > 0 ? undefined : 'there are no datasets'),
  });
  app.get('/healthz', { config: { open: true, rateLimit: false } }, () => ({ alive: true }));
  app.get('/readyz', { config: { open: true, rateLimit: false } }, async (_, reply) => {
    const told = await readiness();
    return reply.code(told.ready ? 200 : 503).send(told);
  });
  app.get('/metrics', (_, reply) =>
    reply.type('text/plain; version=0.0.4; charset=utf-8').send(metrics.page()),
  );
}
