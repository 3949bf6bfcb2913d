/** What is answered where something goes wrong: 4xx with the remedy, 503 where asking again helps, and 500 for a fault of ours. */
import type { FastifyError, FastifyInstance } from 'fastify';
import { DatabaseSetupError, isTransient } from '../database/session/errors.js';
import type { Log } from '../telemetry/log.js';
import { RequestFault } from './request-fault.js';

/** For the metrics alone: who asked has gone, and what was under way for them ends. */
const GONE = 499;

/** Seconds until asking again is worth it. */
const RETRY_AFTER_S = 5;

export function answerFaults(app: FastifyInstance, log: Log): void {
  app.setErrorHandler((error: FastifyError, request, reply) => {
    if (error instanceof RequestFault) return reply.code(error.status).send({ error: error.message });
    if (error instanceof DatabaseSetupError) return reply.code(404).send({ error: error.problem });
    if (error.name === 'AbortError' && reply.raw.destroyed) return reply.code(GONE).send();
    const path = request.routeOptions.url ?? 'an unknown path';
    if (isTransient(error)) {
      log.warn(`${path}: ${error.message}`);
      return reply
        .code(503)
        .header('retry-after', RETRY_AFTER_S)
        .send({ error: 'The database does not answer, or took too long. Ask again later, or for less.' });
    }
    const status = error.statusCode ?? 500;
    if (status < 500) return reply.code(status).send({ error: error.message });
    log.error(`${path}: ${error.stack ?? error.message}`);
    return reply.code(500).send({ error: 'Something went wrong here. The log of the server has more.' });
  });
  app.setNotFoundHandler((_, reply) => reply.code(404).send({ error: 'There is no such path.' }));
}
