/** Asks the season's server by our own API, and holds what it answers against what its document promises. */
import assert from 'node:assert/strict';
import type { InjectOptions, LightMyRequestResponse } from 'fastify';
import { Datasets } from '../../../server/datasets/datasets.js';
import type { Operation } from '../../../server/v1/operation.js';
import { operationsOf } from '../../../server/v1/v1.js';
import { ENTRY, type ServedSeason } from '../served-season.js';

const DATASET = '/api/v1/datasets/ms_2024';

export interface Asking {
  get(path: string, query?: Record<string, string>): Promise<LightMyRequestResponse>;
  post(path: string, body: unknown, query?: Record<string, string>): Promise<LightMyRequestResponse>;
  /** A JSON answer, as the operation of this id promises it. */
  answer<Answer>(id: string, asked: Promise<LightMyRequestResponse>): Promise<Answer>;
  /** A problem of this status. */
  problem(status: number, asked: Promise<LightMyRequestResponse>): Promise<ToldProblem>;
}

interface ToldProblem {
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly remedy?: string;
  readonly faults?: readonly { readonly in: string; readonly name: string; readonly detail: string }[];
}

/** Paths begin below the dataset's, or with a slash at the root. */
export function askingOf({ app, pool }: ServedSeason): Asking {
  const operations: readonly Operation[] = operationsOf({ pool, datasets: new Datasets(pool, [ENTRY]) });
  const urlOf = (path: string): string => (path.startsWith('/') ? path : `${DATASET}/${path}`);
  const ask = (options: InjectOptions) => app.inject(options);
  return {
    get: (path, query = {}) => ask({ url: urlOf(path), query }),
    post: (path, body, query = {}) =>
      ask({ method: 'POST', url: urlOf(path), query, payload: body as Record<string, unknown> }),
    answer: async <Answer>(id: string, asked: Promise<LightMyRequestResponse>) => {
      const response = await asked;
      assert.equal(response.statusCode, 200, response.body);
      const operation = operations.find((one) => one.id === id);
      const type = String(response.headers['content-type']).split(';')[0];
      const content = operation?.answers.find((one) => one.type === type);
      assert.ok(content, `${id} promises no ${type}`);
      const json = response.json<Answer>();
      assert.deepEqual(content.schema?.parse(json), json);
      return json;
    },
    problem: async (status, asked) => {
      const response = await asked;
      assert.equal(response.statusCode, status, response.body);
      assert.equal(response.headers['content-type'], 'application/problem+json; charset=utf-8');
      const told = response.json<ToldProblem>();
      assert.equal(told.status, status);
      return told;
    },
  };
}
