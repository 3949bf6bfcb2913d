/** What goes wrong, told as problems. */
import type { FastifyError, FastifyInstance } from 'fastify';
import {
  DatabaseSetupError,
  errorCode,
  isRefusedByProj,
  isTransient,
} from '../../database/session/errors.js';
import type { Log } from '../../telemetry/log.js';
import { CampaignsAway } from '../campaigns.js';
import { Problem, sendProblem, type ToldProblem } from '../problem.js';
import { HungUp, PREFIX } from './operation.js';

/** Seconds until asking again is worth it. */
const RETRY_AFTER_S = 5;

export function answerProblems(app: FastifyInstance, log: Log): void {
  app.setErrorHandler((error: FastifyError, request, reply) => {
    // Nobody hears it; the number is nginx's, for whoever counts answers.
    if (error instanceof HungUp) return reply.code(499).send();
    const [status, told] = toldOf(error);
    const path = request.routeOptions.url ?? 'an unknown path';
    if (status === 503) {
      log.warn(`${path}: ${error.message}`);
      void reply.header('retry-after', RETRY_AFTER_S);
    }
    if (status === 500) log.error(`${path}: ${error.stack ?? error.message}`);
    return sendProblem(reply, status, told);
  });
  app.setNotFoundHandler((_, reply) =>
    sendProblem(reply, 404, {
      detail: 'There is no such path.',
      remedy: `${PREFIX}/openapi.json lists those that there are.`,
    }),
  );
}

/** What parcelwise remembers of extractions lies in a schema of its own. */
const NOT_SET_UP: Readonly<Record<string, string>> = {
  '42501': "The server's database role may not read a table that the answer needs.",
  '42P01': 'A table that the answer needs is not there.',
  '3F000': 'A schema that the answer needs is not there.',
  '42703': 'A table that the answer needs lacks a column.',
};
const SET_UP =
  'Ask whoever runs the server: parcelwise init makes what is missing, GRANT SELECT on the tables of the schema parcelwise opens it.';

function toldOf(error: FastifyError): readonly [status: number, told: ToldProblem] {
  if (error instanceof Problem) return [error.status, error.told];
  if (error instanceof DatabaseSetupError)
    return [404, { detail: `${error.problem}.`, remedy: `${error.remedy}.` }];
  if (error instanceof CampaignsAway)
    return [
      503,
      {
        detail: 'The Temporal server does not answer.',
        remedy: 'Ask again later; the log of the server says why. All else is answered without it.',
      },
    ];
  const code = errorCode(error) ?? '';
  if (code in NOT_SET_UP) return [503, { detail: NOT_SET_UP[code]!, remedy: SET_UP }];
  if (isTransient(error))
    return [
      503,
      { detail: 'The database does not answer, or took too long.', remedy: 'Ask again later, or for less.' },
    ];
  if (isRefusedByProj(error))
    return [
      422,
      {
        detail: "A place can't be brought into the parcels' reference system.",
        remedy: 'Ask for a place nearer to the parcels, in degrees: longitude first.',
      },
    ];
  // Class 22 is about values: an id that is no number, a character that no text may have.
  if (code.startsWith('22'))
    return [400, { detail: "A value can't be read.", remedy: 'Look at ids and numbers.' }];
  const status = error.statusCode ?? 500;
  if (status < 500) return [status, { detail: error.message }];
  return [500, { detail: 'Something went wrong here.', remedy: 'The log of the server has more.' }];
}
