/** What goes wrong in our own API, as RFC 9457 has it: what it is, and what helps. */
import { STATUS_CODES } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';

export const PROBLEM_TYPE = 'application/problem+json';

/** One parameter or member of a body that is not as it must be. */
export interface Fault {
  readonly in: 'path' | 'query' | 'body';
  readonly name: string;
  readonly detail: string;
}

export interface ToldProblem {
  readonly detail: string;
  readonly remedy?: string | undefined;
  readonly faults?: readonly Fault[] | undefined;
}

export class Problem extends Error {
  override readonly name = 'Problem';

  constructor(
    readonly status: 400 | 403 | 404 | 406 | 409 | 413 | 422 | 503,
    readonly told: ToldProblem,
  ) {
    super(told.detail);
  }
}

/** Whether the path is one of our own API, which tells problems; CbM's routes have forms of their own. */
export function tellsProblems({ url }: FastifyRequest): boolean {
  return /^\/api\//i.test(url);
}

export function sendProblem(
  reply: FastifyReply,
  status: number,
  { detail, remedy, faults }: ToldProblem,
): FastifyReply {
  const problem = { title: STATUS_CODES[status] ?? 'Problem', status, detail, remedy, faults };
  return reply.code(status).type(`${PROBLEM_TYPE}; charset=utf-8`).send(JSON.stringify(problem));
}
