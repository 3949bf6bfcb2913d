/**
 * The operations of our own API: each says what may be asked of it and what it answers, by the schemas that questions are checked
 * with and the OpenAPI document is made of.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { type Fault, Problem } from '../problem.js';

export const PREFIX = '/api/v1';

export interface Asked<Query, Body> {
  /** Parts of the path by their names, decoded. */
  readonly path: Readonly<Record<string, string>>;
  readonly query: Query;
  readonly body: Body;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  /** Aborted where nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

/** An answer in one media type. */
export interface Content {
  readonly type: string;
  /** What a JSON answer looks like; undefined of others. */
  readonly schema?: z.ZodType | undefined;
}

export interface Operation<Query extends z.ZodObject = z.ZodObject, Body extends z.ZodType = z.ZodType> {
  readonly method: 'GET' | 'POST';
  /** With the names of its parts in braces. */
  readonly path: string;
  /** Unique, for programs that are made of the document. */
  readonly id: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string | undefined;
  /** Parameters that are not named here are refused. */
  readonly query: Query;
  readonly body?: Body | undefined;
  readonly answers: readonly Content[];
  /** Statuses beside 200, of those that every operation may have too (400, 401, 429, 503). */
  readonly problems: readonly (403 | 404 | 406 | 409 | 413 | 422)[];
  answer(asked: Asked<z.output<Query>, z.output<Body>>): Promise<unknown>;
}

/** An operation whose answer knows the types of its questions, for lists that don't. */
export function defined<Query extends z.ZodObject, Body extends z.ZodType = z.ZodType>(
  operation: Operation<Query, Body>,
): Operation {
  return operation;
}

export function addOperation(app: FastifyInstance, operation: Operation): void {
  app.route({
    method: operation.method,
    url: operation.path.replaceAll(/\{(\w+)\}/g, ':$1'),
    handler: (request, reply) => {
      const query = checked('query', operation.query, withoutEmpty(request.query as object));
      const body = operation.body === undefined ? undefined : checked('body', operation.body, request.body);
      const path = request.params as Readonly<Record<string, string>>;
      return operation.answer({ path, query, body, request, reply, signal: hangUpOf(reply) });
    },
  });
}

/** The client has gone away before its answer was complete. */
export class HungUp extends Error {
  override readonly name = 'HungUp';
}

function hangUpOf({ raw }: FastifyReply): AbortSignal {
  const gone = new AbortController();
  raw.once('close', () => {
    if (!raw.writableFinished) gone.abort(new HungUp('nobody takes the answer any more'));
  });
  return gone.signal;
}

/** A parameter without a value is one that was not given. */
function withoutEmpty(query: object): object {
  return Object.fromEntries(Object.entries(query).filter(([, value]) => String(value).trim() !== ''));
}

/** @throws Problem naming all that is wrong, and what there is in place of what nobody knows. */
function checked<Schema extends z.ZodType>(
  where: Fault['in'],
  schema: Schema,
  value: unknown,
): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new Problem(400, {
    detail: where === 'query' ? 'Parameters of the query are wrong.' : 'The body is wrong.',
    remedy: `Correct what stands in faults; ${PREFIX}/openapi.json describes what there is.`,
    faults: result.error.issues.map((issue) => faultOf(where, issue)),
  });
}

/** The message never repeats more of what was asked than the name of a parameter. */
function faultOf(where: Fault['in'], issue: z.core.$ZodIssue): Fault {
  if (issue.code === 'unrecognized_keys')
    return {
      in: where,
      name: issue.keys.join(', ').slice(0, 100),
      detail: 'there is no parameter of this name',
    };
  return { in: where, name: issue.path.join('.'), detail: issue.message };
}
