/** How much is taken in, and for how long, before somebody is told to come back. */
import type { FastifyInstance } from 'fastify';
import type pg from 'pg';
import { sendProblem, tellsProblems } from './problem.js';

export interface Limits {
  /** Polygons are all that is sent in a body. */
  readonly bodyBytes: number;
  /** A request must have arrived by then, however slowly it is sent. */
  readonly requestMs: number;
  /** A connection on which nothing moves is closed. */
  readonly silentMs: number;
  readonly keepAliveMs: number;
  /** Less is sent as it is: compressing costs more than it saves. */
  readonly compressFromBytes: number;
  /** So many may wait for each connection of the pool; whoever comes then had better ask again. */
  readonly waitingPerConnection: number;
}

export const LIMITS: Limits = {
  bodyBytes: 1024 * 1024,
  requestMs: 30_000,
  silentMs: 60_000,
  keepAliveMs: 30_000,
  compressFromBytes: 1024,
  waitingPerConnection: 50,
};

/** Answers 503 at once where the pool has a queue that would take too long. */
export function refuseWhenBusy(app: FastifyInstance, pool: pg.Pool, { waitingPerConnection }: Limits): void {
  const most = waitingPerConnection * pool.options.max;
  app.addHook('preHandler', async (request, reply) => {
    if (pool.waitingCount < most || request.routeOptions.config.open === true) return;
    const detail = 'Too much is asked at once. Ask again.';
    void reply.header('retry-after', 1);
    return tellsProblems(request)
      ? sendProblem(reply, 503, { detail })
      : reply.code(503).send({ error: detail });
  });
}
