/** How much is taken in, and for how long, before somebody is told to come back. */
import type { FastifyInstance } from 'fastify';
import type pg from 'pg';

export const LIMITS = {
  /** Polygons are all that is sent in a body. */
  bodyBytes: 1024 * 1024,
  /** A request must have arrived by then, however slowly it is sent. */
  requestMs: 30_000,
  /** A connection on which nothing moves is closed. */
  silentMs: 60_000,
  keepAliveMs: 30_000,
  /** Less is sent as it is: compressing costs more than it saves. */
  compressFromBytes: 1024,
  /** So many may wait for each connection of the pool; whoever comes then had better ask again. */
  waitingPerConnection: 50,
} as const;

/** Answers 503 at once where the pool has a queue that would take too long. */
export function refuseWhenBusy(app: FastifyInstance, pool: pg.Pool): void {
  const most = LIMITS.waitingPerConnection * (pool.options.max ?? 10);
  app.addHook('preHandler', async (request, reply) => {
    if (pool.waitingCount < most || request.routeOptions.config.open === true) return;
    return reply.code(503).header('retry-after', 1).send({ error: 'Too much is asked at once. Ask again.' });
  });
}
