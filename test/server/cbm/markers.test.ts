import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { skipWithoutServer } from '../../database/database.js';
import { serveSeason, type ServedSeason } from '../served-season.js';

describe("CbM's routes of markers and of parcels with like statistics", { skip: skipWithoutServer }, () => {
  let season: ServedSeason;
  before(async () => {
    season = await serveSeason();
    await season.database.pool.query(
      `INSERT INTO sigs (pid, obsid, band, mean) VALUES (1, 1, 'B08', -5), (2, 1, 'B08', 12.5), (3, 3, 'B08', 20)`,
    );
  });
  after(() => season.end());

  async function ask(path: string, query: Record<string, string>): Promise<unknown> {
    const answer = await season.app.inject({
      url: `/query/${path}`,
      query: { aoi: 'ms', year: '2024', ...query },
    });
    assert.equal(answer.statusCode, 200, answer.body);
    return answer.json();
  }

  it('find parcels by a range of a statistic, one value, or values below 0', async () => {
    const days = { start_date: '2024-03-01', end_date: '2024-03-29' };
    const peers = (query: Record<string, string>) => ask('parcelStatsPeers', { band: 'B08', ...query });
    assert.deepEqual(await peers({ values: '12-20', ...days }), { pids: ['P2'] });
    assert.deepEqual(await peers({ values: '12-20' }), { pids: ['P2', 'P3'] });
    assert.deepEqual(await peers({ values: '12-20', max: '1' }), { pids: ['P2'] });
    assert.deepEqual(await peers({ values: '12.5' }), { pids: ['P2'] });
    assert.deepEqual(await peers({ values: '-6--4' }), { pids: ['P1'] });
    assert.deepEqual(await peers({ values: '900' }), { pids: [] });
  });

  it('answer the empty object to questions that mean nothing', async () => {
    for (const query of [
      {},
      { band: 'B08' },
      { band: 'B08', values: 'a-b' },
      { band: 'B08', values: '1-2', stype: 'mean; DROP TABLE sigs' },
      { band: 'B08', values: '1-2', start_date: 'yesterday or so' },
      { band: 'B08', values: '1-2', max: '-1' },
    ] as Record<string, string>[])
      assert.deepEqual(await ask('parcelStatsPeers', query), {}, JSON.stringify(query));
  });

  it("tell a parcel's markers where the area has a table of them", async () => {
    assert.deepEqual(await ask('markers', { pid: 'P1' }), {});
    await season.database.pool.query(`
      CREATE SCHEMA ms;
      CREATE TABLE ms.markers_2024 AS SELECT 1 AS foi_id, 'a'::text AS marker, 'b'::text AS marker_type, date '2024-05-01' AS date_start,
        date '2024-05-02' AS date_main, date '2024-05-03' AS date_end, 2 AS duration_days, 0.5 AS value_1, 1 AS value_2, 2 AS value_3,
        1 AS pid, 'c'::text AS practice, 'P1'::varchar AS id`);
    assert.deepEqual(await ask('markers', { pid: 'P1' }), {
      ...{ foi_id: [1], marker: ['a'], marker_type: ['b'], date_start: ['2024-05-01'] },
      ...{ date_main: ['2024-05-02'], date_end: ['2024-05-03'], duration_days: [2] },
      ...{ value_1: [0.5], value_2: [1], value_3: [2], pid: [1], practice: ['c'] },
    });
  });
});
