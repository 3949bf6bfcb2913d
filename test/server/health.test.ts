import assert from 'node:assert/strict';
import { gunzipSync } from 'node:zlib';
import { after, before, describe, it } from 'node:test';
import { openPool } from '../../database/session/pool.js';
import { Datasets } from '../../server/datasets/datasets.js';
import { buildServer } from '../../server/serve.js';
import { skipWithoutServer } from '../database/database.js';
import { ENTRY, serveSeason, type ServedSeason, silent } from './served-season.js';

describe('a server', { skip: skipWithoutServer }, () => {
  let season: ServedSeason;
  before(async () => {
    season = await serveSeason();
  });
  after(() => season.end());

  it('is alive and ready, and says so to whoever asks', async () => {
    const app = await season.serve({ accounts: {} });
    assert.deepEqual((await app.inject('/healthz')).json(), { alive: true });
    const ready = await app.inject('/readyz');
    assert.equal(ready.statusCode, 200);
    assert.deepEqual(ready.json(), {
      ready: true,
      conditions: { database: 'ok', schema: 'ok', datasets: 'ok' },
    });
    assert.equal((await app.inject('/metrics')).statusCode, 401);
  });

  it('is alive but not ready while the database is away, and names no address', async () => {
    const pool = openPool({ host: '127.0.0.1', port: 1, database: 'secret', user: 'nobody' });
    const app = await buildServer({ pool, datasets: new Datasets(pool, [ENTRY]) }, { log: silent });
    assert.equal((await app.inject('/healthz')).statusCode, 200);
    const ready = await app.inject('/readyz');
    assert.equal(ready.statusCode, 503);
    assert.match(
      ready.json<{ conditions: Record<string, string> }>().conditions.database!,
      /does not answer/,
    );
    assert.doesNotMatch(ready.body, /127\.0\.0\.1|secret|nobody/);
    const parcel = await app.inject('/query/parcelByID?aoi=ms&year=2024&pid=1');
    assert.deepEqual([parcel.statusCode, parcel.headers['retry-after']], [503, '5']);
    assert.doesNotMatch(parcel.body, /127\.0\.0\.1|secret|nobody/);
    await app.close();
  });

  it('is not ready with a schema of another version', async () => {
    const { pool } = season.database;
    await pool.query(`INSERT INTO parcelwise.migration (id, name) VALUES (9999, 'of tomorrow')`);
    const ready = await (await season.serve()).inject('/readyz');
    assert.equal(ready.statusCode, 503);
    assert.match(ready.json<{ conditions: Record<string, string> }>().conditions.schema!, /version/);
    await pool.query('DELETE FROM parcelwise.migration WHERE id = 9999');
  });

  it('sends what is the same only once, and what is long compressed', async () => {
    const polygon = '2_50-4_50-4_52-2_52-2_50';
    const url = `/query/parcelsByPolygon?aoi=ms&year=2024&only_ids=False&polygon=${polygon}`;
    const whole = await season.app.inject(url);
    assert.equal(whole.headers['content-encoding'], undefined);
    const etag = String(whole.headers.etag);
    const again = await season.app.inject({ url, headers: { 'if-none-match': etag } });
    assert.deepEqual([again.statusCode, again.body], [304, '']);
    const packed = await season.app.inject({ url, headers: { 'accept-encoding': 'gzip' } });
    assert.equal(packed.headers['content-encoding'], 'gzip');
    assert.equal(gunzipSync(packed.rawPayload).toString(), whole.body);
    assert.match(String(whole.headers['cache-control']), /private/);
  });

  it('counts what it answers, by route and status', async () => {
    await season.app.inject('/query/parcelByID?aoi=ms&year=2024&pid=P1');
    await season.app.inject('/query/parcelByID?aoi=ms&year=1999&pid=P1');
    const page = (await season.app.inject('/metrics')).body;
    assert.match(page, /^parcelwise_http_requests_total\{route="\/query\/parcelByID",status="200"\} 1$/m);
    assert.match(page, /^parcelwise_http_requests_total\{route="\/query\/parcelByID",status="404"\} 1$/m);
    assert.match(
      page,
      /^parcelwise_http_request_seconds_bucket\{route="\/query\/parcelByID",le="\+Inf"\} 2$/m,
    );
    assert.match(page, /^# TYPE parcelwise_database_connections gauge$/m);
    assert.doesNotMatch(page, /P1/);
  });

  it('gives a statement up after its time, and says that asking for less may help', async () => {
    const pool = openPool(season.database.connection, { max: 1, readOnly: true, statementTimeoutMs: 100 });
    const slow = { ...ENTRY, tables: { ...ENTRY.tables, parcels: 'slow' } };
    await season.database.pool.query(
      `CREATE VIEW slow AS SELECT p.* FROM parcels p, LATERAL (SELECT pg_sleep(p.ogc_fid) OFFSET 0) AS nap`,
    );
    const app = await buildServer({ pool, datasets: new Datasets(pool, [slow]) }, { log: silent });
    const answer = await app.inject('/query/parcelByID?aoi=ms&year=2024&pid=P1');
    assert.equal(answer.statusCode, 503);
    assert.match(answer.body, /took too long/);
    await app.close();
    await pool.end();
  });
});
