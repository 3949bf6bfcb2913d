/** docs/api.md says what holds: what it asks for is answered, and its lists have all that there is. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import type { InjectOptions } from 'fastify';
import { skipWithoutServer } from '../database/database.js';
import { serveSeason, type ServedSeason } from '../server/served-season.js';

const PAGE = readFileSync(new URL('../../../docs/api.md', import.meta.url), 'utf8');
const SERVER = 'http://127.0.0.1:8080';

/** Each address in code, with the body that curl sends to it. */
function questions(): (InjectOptions & { readonly url: string })[] {
  const code = [...PAGE.matchAll(/^```\w+\n([^]*?)^```/gm)].map(([, text = '']) => text).join('');
  return code
    .split('\n')
    .filter((line) => line.includes(SERVER))
    .map((line) => {
      const url = new RegExp(`${SERVER}([^']*)'`).exec(line)?.[1] ?? '';
      const payload = /-d '([^']*)'/.exec(line)?.[1];
      if (payload === undefined) return { url };
      return { url, method: 'POST', payload, headers: { 'content-type': 'application/json' } };
    });
}

describe('docs/api.md', { skip: skipWithoutServer }, () => {
  let season: ServedSeason;
  before(async () => {
    season = await serveSeason();
    await season.database.pool.query("INSERT INTO sigs (pid, obsid, band, mean) VALUES (7, 1, 'B04', 5)");
  });
  after(() => season.end());

  it('asks for what is answered', async () => {
    const asked = questions();
    assert.ok(asked.length >= 8);
    for (const question of asked) {
      const answer = await season.app.inject(question);
      assert.equal(answer.statusCode, 200, `${question.url}: ${answer.body}`);
    }
  });

  it('lists every path', async () => {
    const { paths } = (await season.app.inject('/api/v1/openapi.json')).json<{ paths: object }>();
    const told = PAGE.replaceAll('…/', 'datasets/{dataset}/');
    for (const path of Object.keys(paths)) {
      const below = path.replace('/api/v1/', '');
      assert.ok(told.includes(`${below}\``), below);
    }
  });
});
