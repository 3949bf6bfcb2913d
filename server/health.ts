/** Routes for whoever watches: is the process alive, can it answer, and how it has fared. */
import type { FastifyInstance } from 'fastify';
import { requireSchema } from '../database/session/schema.js';
import { databaseTime } from '../database/session/server.js';
import type { ServerMetrics } from '../telemetry/metrics.js';
import { type Condition, readinessOf } from '../telemetry/readiness.js';
import type { Served } from './served.js';

/** Asked more often than that, the answer of before stands. */
const REMEMBERED_MS = 1_000;

export function registerHealth(
  app: FastifyInstance,
  { pool, datasets }: Served,
  metrics: ServerMetrics,
): void {
  const conditions: Readonly<Record<string, Condition>> = {
    database: () => held(databaseTime(pool), 'the database does not answer'),
    schema: () =>
      held(
        requireSchema(pool),
        'the schema parcelwise is missing, of another version, or closed to this role',
      ),
    datasets: () => Promise.resolve(datasets.all().length > 0 ? undefined : 'there are no datasets'),
  };
  let known: { readonly at: number; readonly told: ReturnType<typeof readinessOf> } | undefined;
  app.get('/healthz', { config: { open: true, rateLimit: false } }, () => ({ alive: true }));
  app.get('/readyz', { config: { open: true, rateLimit: false } }, async (_, reply) => {
    const now = performance.now();
    if (known === undefined || now - known.at > REMEMBERED_MS)
      known = { at: now, told: readinessOf(conditions) };
    const told = await known.told;
    return reply.code(told.ready ? 200 : 503).send(told);
  });
  app.get('/metrics', (_, reply) =>
    reply.type('text/plain; version=0.0.4; charset=utf-8').send(metrics.page()),
  );
}

/** The reason where the work fails: the error itself may name hosts and users. */
async function held(work: Promise<unknown>, reason: string): Promise<string | undefined> {
  try {
    await work;
    return undefined;
  } catch {
    return reason;
  }
}
