import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { tableFromIPC } from 'apache-arrow';
import { skipWithoutServer } from '../../database/database.js';
import { serveSeason, type ServedSeason } from '../served-season.js';
import { type Asking, askingOf } from './asking.js';

const PARCELS = 300;
/** All but parcel 5 have rows of two bands in two scenes. */
const ROWS = `
  INSERT INTO sigs (pid, obsid, band, count, mean)
  SELECT pid, obsid, band, 50, pid + obsid / 10.0
  FROM generate_series(1, ${PARCELS}) AS pid, unnest('{1,3}'::int[]) AS obsid, unnest('{B04,B08}'::text[]) AS band WHERE pid <> 5;
  CREATE INDEX ON sigs (pid)`;

interface Line {
  readonly parcel: string;
  readonly columns: Readonly<Record<string, readonly unknown[]>>;
}

interface Squares {
  readonly features: readonly {
    readonly geometry: { readonly type: string; readonly coordinates: readonly (readonly number[][])[] };
  }[];
}

describe('statistics of many parcels', { skip: skipWithoutServer }, () => {
  let season: ServedSeason;
  let ask: Asking;
  before(async () => {
    season = await serveSeason({ parcels: PARCELS });
    await season.database.pool.query(ROWS);
    ask = askingOf(season);
  });
  after(() => season.end());

  const lines = async (body: Record<string, unknown>): Promise<Line[]> => {
    const answer = await ask.post('statistics', body);
    assert.equal(answer.statusCode, 200, answer.body);
    assert.equal(answer.headers['content-type'], 'application/x-ndjson');
    const all = answer.body.split('\n').slice(0, -1);
    assert.equal(answer.headers['x-parcels'], String(all.length));
    return all.map((line) => JSON.parse(line) as Line);
  };

  it('are a line for each parcel in the order of their numbers, over several parts', async () => {
    const all = await lines({ bands: ['B08'], statistics: ['mean'] });
    assert.deepEqual(
      all.map(({ parcel }) => parcel),
      Array.from({ length: PARCELS }, (_, i) => `P${i + 1}`),
    );
    for (const [i, { columns }] of all.entries())
      assert.deepEqual(columns.mean, i === 4 ? [] : [i + 1.1, i + 1.3].map((n) => Number(n.toFixed(1))));
  });

  it('are of ids, a box or a polygon, a period and a layout', async () => {
    const of = async (body: Record<string, unknown>) => (await lines(body)).map(({ parcel }) => parcel);
    assert.deepEqual(await of({ ids: ['P7', 'P5', 'P99999', 'P2'] }), ['P2', 'P5', 'P7']);
    const { features } = await ask.answer<Squares>('listParcels', ask.get('parcels', { ids: 'P7' }));
    const { geometry } = features[0]!;
    assert.deepEqual(await of({ polygon: geometry }), ['P7']);
    const ring = geometry.coordinates[0]!;
    const [lons, lats] = [ring.map(([lon]) => lon!), ring.map(([, lat]) => lat!)];
    const bbox = [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)];
    assert.deepEqual(await of({ bbox }), ['P7']);
    const [one] = await lines({ ids: ['P7'], layout: 'wide', bands: ['B04', 'B08'], from: '2024-03-30' });
    assert.deepEqual(one!.columns, {
      ...{ time: ['2024-03-30T10:56:19.000000Z'], scene: [3], B04: [7.3], B08: [7.3] },
    });
  });

  it('come as CSV and Arrow with the same rows', async () => {
    const body = { bands: ['B04'], statistics: ['mean'] };
    const csv = (await ask.post('statistics', body, { format: 'csv' })).body.split('\r\n');
    assert.equal(csv[0], 'parcel,time,scene,band,mean');
    assert.equal(csv.length, 2 + 2 * (PARCELS - 1));
    const table = tableFromIPC((await ask.post('statistics', body, { format: 'arrow' })).rawPayload);
    const [ids, means] = [table.getChild('parcel')!, table.getChild('mean')!];
    assert.deepEqual(
      Array.from({ length: table.numRows }, (_, i) => `${String(ids.get(i))} ${String(means.get(i))}`),
      csv.slice(1, -1).map((line) => `${line.split(',')[0]!} ${line.split(',')[4]!}`),
    );
  });

  it('say what is wrong with a question', async () => {
    const refused = (body: Record<string, unknown>, status = 400) =>
      ask.problem(status, ask.post('statistics', body));
    assert.equal((await refused({ layout: 'wide' })).faults?.[0]?.name, 'bands');
    assert.equal((await refused({ band: ['B04'] })).faults?.[0]?.name, 'band');
    await refused({ ids: ['P1'], bbox: [3, 50, 4, 51] });
    await refused({ ids: Array.from({ length: 10_001 }, (_, i) => `P${i}`) });
    await refused({ statistics: ['p05'] }, 422);
    await refused({ card: 'zz' }, 404);
  });

  it('are given up in the database when nobody takes them any more', async () => {
    const { pool } = season.database;
    // Without it the statement would go on until its limit of 15 s.
    await pool.query(
      'ALTER TABLE sigs RENAME TO held; CREATE VIEW sigs AS SELECT h.* FROM held h, LATERAL (SELECT pg_sleep(60) OFFSET 0) AS s',
    );
    const app = await season.serve();
    await app.listen({ host: '127.0.0.1', port: 0 });
    const sleeping = async (): Promise<number> => {
      const { rows } = await pool.query<{ n: number }>(
        `SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'`,
      );
      return rows[0]!.n;
    };
    const until = async (wanted: number): Promise<void> => {
      const limit = Date.now() + 10_000;
      while ((await sleeping()) !== wanted) {
        assert.ok(Date.now() < limit, `${wanted} statements in time`);
        await sleep(50);
      }
    };
    const { port } = app.server.address() as AddressInfo;
    const asked = request({
      ...{ host: '127.0.0.1', port, method: 'POST', path: '/api/v1/datasets/ms_2024/statistics?format=csv' },
      headers: { 'content-type': 'application/json' },
    });
    asked.on('error', () => undefined);
    asked.end('{"ids":["P1"],"which":"all"}');
    await until(1);
    const closed = once(asked, 'close');
    asked.destroy();
    await closed;
    await until(0);
  });
});
