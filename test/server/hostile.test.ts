/** What nobody asks in earnest: nothing of it may change a table, reach what it should not, or hold the server up. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { LIMITS } from '../../server/limits.js';
import type { Log } from '../../telemetry/log.js';
import { skipWithoutServer } from '../database/database.js';
import { serveSeason, type ServedSeason } from './served-season.js';

const TEXTS = [
  `'; DROP TABLE parcels; --`,
  `P1' OR '1'='1`,
  `") UNION SELECT usename, passwd FROM pg_shadow --`,
  '1; SELECT pg_sleep(10)',
  `1)) OR pg_sleep(10) IS NULL --`,
  '$1',
  '${7*7}',
  '\0',
  'P1\0',
  '\u202eP1',
  '\ud800',
  '🌾'.repeat(200),
  'ｐ１',
  'NaN',
  'Infinity',
  '-Infinity',
  '1e308',
  '1e400',
  '9'.repeat(400),
  '-1',
  '0x10',
  '__proto__',
  'constructor',
  '../../etc/passwd',
  '%',
  '%s%s%n',
  'x'.repeat(8000),
  '1_'.repeat(3000),
  '1_1-'.repeat(2000),
  `POLYGON((${'1 2,'.repeat(1500)}1 2))`,
  `POLYGON((0 0,1 1,1 0,0 1,0 0))`,
  `POLYGON((0 0,1e300 0,1e300 1e300,0 0))`,
  `MULTIPOLYGON(((${'('.repeat(2000)}`,
  `{"type":"Polygon","coordinates":[[[${'['.repeat(2000)}`,
  '{"type":"Polygon","coordinates":[[["a",1],[null,2],[3],[]]]}',
  '{"type":"Polygon","coordinates":[],"crs":{"type":"name","properties":{"name":"EPSG:3857"}}}',
];
const DATASET = ['aoi', 'year', 'ptype'];
const SHAPE = ['withGeometry', 'wgs84'];
/** What each route reads of a query. */
const PARAMETERS: Readonly<Record<string, readonly string[]>> = {
  parcelByID: [...DATASET, ...SHAPE, 'pid'],
  parcelByLocation: [...SHAPE, 'ptype', 'lon', 'lat'],
  parcelsByPolygon: [...SHAPE, 'ptype', 'polygon', 'only_ids'],
  parcelPeers: ['ptype', 'pid', 'distance', 'max'],
  parcelTimeSeries: ['ptype', 'pid', 'tstype', 'band', 'scl', 'ref', 'tsformat', 'best'],
  weatherTimeSeries: ['ptype', 'pid', 'tsformat'],
  markers: ['ptype', 'pid'],
  parcelStatsPeers: ['ptype', 'band', 'values', 'stype', 'start_date', 'end_date', 'max'],
  info: ['aoi'],
};
const GOOD: Readonly<Record<string, string>> = {
  ...{ aoi: 'ms', year: '2024', pid: 'P1', lon: '3', lat: '50.9', polygon: '3_50-4_50-4_51-3_50' },
  ...{ band: 'B04', values: '1-2', start_date: '2024-03-01', end_date: '2024-04-01' },
};

describe('hostile requests', { skip: skipWithoutServer }, () => {
  let season: ServedSeason;
  const faults: string[] = [];
  const quiet = (): void => undefined;
  const fault = (line: string): void => void faults.push(line);
  const log: Log = { debug: quiet, info: quiet, warn: fault, error: fault };
  before(async () => {
    season = await serveSeason();
  });
  after(() => season.end());

  for (const [path, names] of Object.entries(PARAMETERS))
    it(`change nothing by ${path}, and get the answers of section three`, async () => {
      const app = await season.serve({ log });
      const started = performance.now();
      for (const name of names)
        for (const text of TEXTS) {
          const query = new URLSearchParams({ ...GOOD, [name]: text });
          const answer = await app.inject(`/query/${path}?${query.toString()}`);
          const told = `${name}=${text.slice(0, 60)}: ${answer.statusCode} ${answer.body.slice(0, 200)}`;
          assert.ok([200, 404].includes(answer.statusCode), told);
          assert.doesNotMatch(answer.body, /syntax error|does not exist|invalid input|\/dist\//i, told);
        }
      assert.ok(performance.now() - started < 60_000, 'nothing slept');
      const { rows } = await season.database.pool.query<{ count: number }>(
        'SELECT count(*)::int FROM parcels',
      );
      assert.equal(rows[0]!.count, 40);
      assert.deepEqual(faults, []);
    });

  it('are told of no parcel but the one they name', async () => {
    const answer = await season.app.inject({
      url: '/query/parcelByID',
      query: { aoi: 'ms', year: '2024', pid: `P1' OR 'a'='a` },
    });
    assert.deepEqual(answer.json<{ pid: string[] }>().pid, []);
  });

  it('of broken encodings and many parameters are answered like others', async () => {
    const many = Array.from({ length: 500 }, (_, n) => `p${n}=1`).join('&');
    for (const query of [
      'pid=%ED%A0%80',
      'pid=%',
      'pid=%zz',
      '&&&',
      '=',
      `${many}&aoi=ms`,
      'aoi[]=ms',
      'aoi[x]=ms',
    ]) {
      const answer = await season.app.inject(`/query/parcelByID?year=2024&${query}`);
      assert.equal(answer.statusCode, 404, query);
    }
    assert.equal((await season.app.inject('/query/%2e%2e/%2e%2e/etc/passwd')).statusCode, 404);
    assert.equal((await season.app.inject('/%zz')).statusCode, 400);
  });

  it('can write nothing, whatever statement they got through', async () => {
    await assert.rejects(season.pool.query('BEGIN READ ONLY; DELETE FROM parcels'), { code: '25006' });
  });

  /** Sends bytes as they are, and tells what comes back until the connection is closed. */
  function send(port: number, write: (send: (text: string) => void) => void): Promise<string> {
    return new Promise((resolve) => {
      let told = '';
      const socket = connect(port, '127.0.0.1', () => {
        write((text) => socket.write(text));
      });
      socket.setEncoding('utf8');
      socket.on('data', (text: string) => {
        told += text;
      });
      socket.on('error', quiet);
      socket.on('close', () => {
        resolve(told);
      });
    });
  }

  it('of a megabyte are refused before they are read', async () => {
    const app = await season.serve();
    await app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = app.server.address() as AddressInfo;
    const long = await send(port, (write) => {
      write(`GET /query/parcelByID?pid=${'9'.repeat(1_000_000)} HTTP/1.1\r\nHost: x\r\n\r\n`);
    });
    assert.match(long, /^HTTP\/1\.1 431 /);
    const body = await send(port, (write) => {
      write(
        `POST /query/parcelByID HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 99999999\r\n\r\n`,
      );
    });
    assert.match(body, /^HTTP\/1\.1 4\d\d /);
  });

  it('that are sent slowly are given up', async () => {
    const app = await season.serve({ limits: { ...LIMITS, requestMs: 400 } });
    await app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = app.server.address() as AddressInfo;
    const started = performance.now();
    const drips: NodeJS.Timeout[] = [];
    const told = await Promise.all(
      [
        'GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ',
        'POST /query/parcelByID HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n',
      ].map((begin) =>
        send(port, (write) => {
          write(begin);
          drips.push(
            setInterval(() => {
              write('1');
            }, 50),
          );
        }),
      ),
    );
    for (const drip of drips) clearInterval(drip);
    assert.ok(performance.now() - started < 5000);
    for (const answer of told) assert.match(answer, /^(HTTP\/1\.1 4\d\d |$)/);
  });

  it('that come too often wait, each account or address for itself', async () => {
    const app = await season.serve({ rateLimit: 0.5 });
    const statuses = [];
    for (let n = 0; n < 7; n++)
      statuses.push((await app.inject('/query/parcelByID?aoi=ms&year=2024')).statusCode);
    assert.deepEqual(statuses, [200, 200, 200, 200, 200, 429, 429]);
    const other = await app.inject({ url: '/query/parcelByID?aoi=ms&year=2024', remoteAddress: '10.0.0.9' });
    assert.equal(other.statusCode, 200);
    assert.equal((await app.inject('/healthz')).statusCode, 200);
  });
});
