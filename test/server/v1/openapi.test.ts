import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import { skipWithoutServer } from '../../database/database.js';
import { serveSeason, type ServedSeason } from '../served-season.js';
import { type Asking, askingOf } from './asking.js';

interface Described {
  readonly operationId: string;
  readonly summary: string;
  readonly tags: readonly string[];
  readonly parameters: readonly {
    readonly name: string;
    readonly in: string;
    readonly description?: string;
  }[];
  readonly responses: Readonly<Record<string, unknown>>;
}
interface Document {
  readonly openapi: string;
  readonly tags: readonly { readonly name: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
}

describe('the OpenAPI document of our own API', { skip: skipWithoutServer }, () => {
  let season: ServedSeason;
  let ask: Asking;
  let document: Document;
  before(async () => {
    season = await serveSeason();
    ask = askingOf(season);
    document = (await ask.get('/api/v1/openapi.json')).json();
  });
  after(() => season.end());

  const described = () => Object.values(document.paths).flatMap((path) => Object.values(path));

  it('is valid', async () => {
    assert.equal(document.openapi, '3.1.0');
    const validator = new Validator();
    const { valid, errors } = await validator.validate({ ...document });
    assert.equal(valid, true, JSON.stringify(errors));
  });

  it('describes each operation once, with all that it takes', () => {
    const ids = described().map(({ operationId }) => operationId);
    assert.equal(new Set(ids).size, ids.length);
    const tags = new Set(document.tags.map(({ name }) => name));
    const used = new Set(described().flatMap((operation) => operation.tags));
    assert.deepEqual([...used].sort(), [...tags].sort());
    for (const { operationId, summary, parameters, responses } of described()) {
      assert.match(summary, /^[A-Z].*[^.]$/, operationId);
      for (const { name, description } of parameters)
        assert.ok(name === 'lat' || description !== undefined, `${operationId}: ${name}`);
      for (const status of ['200', '400', '401', '503']) assert.ok(status in responses, operationId);
    }
    for (const [path, operations] of Object.entries(document.paths)) {
      const parts = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      for (const { parameters } of Object.values(operations))
        assert.deepEqual(
          parameters.filter((one) => one.in === 'path').map(({ name }) => name),
          parts,
        );
    }
  });

  it('is shown without an account, and nothing else is', async () => {
    const app = await season.serve({ accounts: {} });
    assert.equal((await app.inject('/api/v1/openapi.json')).statusCode, 200);
    for (const path of Object.keys(document.paths)) {
      const answer = await app.inject({
        url: path.replaceAll(/\{\w+\}/g, 'x'),
        method: 'post' in document.paths[path]! ? 'POST' : 'GET',
      });
      assert.equal(answer.statusCode, 401, path);
      assert.equal(answer.headers['www-authenticate'], 'Basic realm="Login Required"');
      assert.match(String(answer.headers['content-type']), /^application\/problem\+json/);
    }
  });

  it('leads those who take another path to it', async () => {
    assert.match((await ask.problem(404, ask.get('/api/v1/nosuch'))).remedy ?? '', /openapi\.json/);
  });
});
