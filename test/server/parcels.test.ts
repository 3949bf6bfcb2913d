import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { skipWithoutServer } from '../database/database.js';
import { serveSeason, type ServedSeason } from './served-season.js';

type Answer = Record<string, unknown[]>;

describe("CbM's routes of parcels", { skip: skipWithoutServer }, () => {
  let season: ServedSeason;
  before(async () => {
    season = await serveSeason();
  });
  after(() => season.end());

  async function ask(path: string, query: Record<string, string>): Promise<Answer> {
    const answer = await season.app.inject({
      url: `/query/${path}`,
      query: { aoi: 'ms', year: '2024', ...query },
    });
    assert.equal(answer.statusCode, 200, answer.body);
    assert.match(String(answer.headers['content-type']), /^application\/json/);
    return answer.json();
  }

  it('tell a parcel by its id, column by column', async () => {
    const answer = await ask('parcelByID', { pid: 'P1' });
    assert.deepEqual(Object.keys(answer), ['pid', 'cropname', 'cropcode', 'srid', 'area', 'clon', 'clat']);
    assert.deepEqual(
      { ...answer, area: 0, clon: 0, clat: 0 },
      {
        ...{ pid: ['P1'], cropname: ['wheat'], cropcode: ['101'], srid: [31370] },
        ...{ area: 0, clon: 0, clat: 0 },
      },
    );
  });
});
