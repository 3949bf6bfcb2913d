import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { skipWithoutServer } from '../database/database.js';
import { ENTRY, serveSeason, type ServedSeason } from './served-season.js';

type Answer = Record<string, unknown[]>;

describe("CbM's routes of parcels", { skip: skipWithoutServer }, () => {
  let season: ServedSeason;
  before(async () => {
    season = await serveSeason();
  });
  after(() => season.end());

  async function ask(path: string, query: Record<string, string>): Promise<Answer> {
    const url = `/query/${path}`;
    const answer = await season.app.inject({ url, query: { aoi: 'ms', year: '2024', ...query } });
    assert.equal(answer.statusCode, 200, answer.body);
    assert.match(String(answer.headers['content-type']), /^application\/json/);
    return answer.json();
  }

  /** Longitude and latitude of a place of the grid, EPSG:32631. */
  async function degrees(x: number, y: number): Promise<{ lon: string; lat: string }> {
    const { rows } = await season.database.pool.query<{ lon: string; lat: string }>(
      `SELECT ST_X(p)::text AS lon, ST_Y(p)::text AS lat
       FROM (SELECT ST_Transform(ST_SetSRID(ST_MakePoint($1, $2), 32631), 4326)) AS place (p)`,
      [x, y],
    );
    return rows[0]!;
  }

  /** A ring around the first `columns` parcels of the first row. */
  async function ringAround(columns: number): Promise<{ lon: string; lat: string }[]> {
    const east = 500_200 + 400 * (columns - 1) + 150;
    return Promise.all([
      degrees(500_150, 5_640_150),
      degrees(east, 5_640_150),
      degrees(east, 5_640_350),
      degrees(500_150, 5_640_350),
      degrees(500_150, 5_640_150),
    ]);
  }

  /** Rows of parcels that were read other than by an index, by any connection of the server. */
  async function rowsScanned(): Promise<number> {
    const flush = (): Promise<unknown> =>
      season.pool.query('SELECT pg_stat_force_next_flush(), pg_sleep(0.02)');
    await Promise.all([flush(), flush(), flush(), flush()]);
    const { rows } = await season.database.pool.query<{ read: string }>(
      `SELECT seq_tup_read AS read FROM pg_stat_user_tables WHERE relname = 'parcels'`,
    );
    return Number(rows[0]!.read);
  }

  it('tell a parcel by its id, column by column', async () => {
    const answer = await ask('parcelByID', { pid: 'P1' });
    const { rows } = await season.database.pool.query<{ area: number; clon: number; clat: number }>(
      `SELECT ST_Area(ST_Transform(wkb_geometry, 3035))::int AS area, ST_X(c) AS clon, ST_Y(c) AS clat
       FROM parcels, ST_Transform(ST_Centroid(wkb_geometry), 4326) AS c WHERE ogc_fid = 1`,
    );
    const { area, clon, clat } = rows[0]!;
    assert.ok(Math.abs(area - 10_000) < 100, 'a square of 100 m');
    assert.deepEqual(answer, {
      ...{ pid: ['P1'], cropname: ['wheat'], cropcode: ['101'], srid: [31370] },
      ...{ area: [area], clon: [clon], clat: [clat] },
    });
  });

  it('tell its geometry where asked for, in its own CRS or in degrees', async () => {
    const own = await ask('parcelByID', { pid: 'P1', withGeometry: 'True' });
    const shape = JSON.parse(own.geom![0] as string) as { type: string; coordinates: number[][][] };
    assert.equal(shape.type, 'Polygon');
    assert.ok(shape.coordinates[0]![0]![0]! > 1000, 'metres');
    const degree = await ask('parcelByID', { pid: 'P1', withGeometry: 'true', wgs84: '1' });
    const [lon, lat] = (JSON.parse(degree.geom![0] as string) as typeof shape).coordinates[0]![0]!;
    assert.ok(Math.abs(lon! - 3) < 0.01 && Math.abs(lat! - 50.9) < 0.1);
  });

  it('answer empty lists for a parcel that is not there', async () => {
    const columns = ['pid', 'cropname', 'cropcode', 'srid', 'area', 'clon', 'clat'];
    const empty = Object.fromEntries(columns.map((name) => [name, []]));
    assert.deepEqual(await ask('parcelByID', { pid: 'P999' }), empty);
    assert.deepEqual(await ask('parcelByLocation', { lon: '10', lat: '50' }), empty);
    assert.deepEqual(await ask('parcelPeers', { pid: 'P999' }), { pids: [], distance: [] });
  });

  it('find the parcel at a place, with the code as the table has it', async () => {
    const answer = await ask('parcelByLocation', await degrees(500_250, 5_640_250));
    assert.deepEqual([answer.pid, answer.cropcode], [['P1'], [101]]);
    assert.deepEqual((await ask('parcelByLocation', await degrees(500_350, 5_640_250))).pid, []);
  });

  it('find parcels under a polygon written with underscores and hyphens', async () => {
    const ring = await ringAround(3);
    const polygon = ring.map(({ lon, lat }) => `${lon}_${lat}`).join('-');
    const { pid } = await ask('parcelsByPolygon', { polygon });
    assert.deepEqual(pid!.sort(), ['P1', 'P2', 'P3']);
    const open = ring.slice(0, 4).map(({ lon, lat }) => `${lon}_${lat}`);
    const told = await ask('parcelByPolygon', { polygon: open.join('-'), only_ids: 'False' });
    assert.deepEqual([told.pid!.length, told.cropcode!.sort()], [3, [100, 101, 101]]);
  });

  it('find them by WKT and by GeoJSON as well', async () => {
    const ring = await ringAround(2);
    const wkt = `POLYGON((${ring.map(({ lon, lat }) => `${lon} ${lat}`).join(', ')}))`;
    const geometry = {
      type: 'Polygon',
      coordinates: [ring.map(({ lon, lat }) => [Number(lon), Number(lat)])],
    };
    const feature = { type: 'Feature', properties: {}, geometry };
    for (const polygon of [wkt, JSON.stringify(geometry), JSON.stringify(feature)]) {
      const { pid, geom } = await ask('parcelsByPolygon', { polygon, withGeometry: 'True' });
      assert.deepEqual([pid!.sort(), geom!.length], [['P1', 'P2'], 2]);
    }
  });

  it('tell no more than a hundred of a polygon', async () => {
    const polygon = '2_50-4_50-4_52-2_52-2_50';
    assert.equal((await ask('parcelsByPolygon', { polygon })).pid!.length, 40);
    await season.database.pool.query(
      `INSERT INTO parcels (wkb_geometry, id, crop) SELECT wkb_geometry, id || 'x' || n, 'copy' FROM parcels, generate_series(1, 2) AS n`,
    );
    assert.equal((await ask('parcelsByPolygon', { polygon })).pid!.length, 100);
    await season.database.pool.query(`DELETE FROM parcels WHERE crop = 'copy'`);
  });

  for (const metres of [0, 399, 1201, 5000])
    it(`find the peers within ${metres} m that a scan of all parcels finds`, async () => {
      const { rows } = await season.database.pool.query<{ pid: string; distance: number }>(
        `SELECT p.id AS pid, ST_Distance(ST_Transform(p.wkb_geometry, 3035), ST_Transform(s.wkb_geometry, 3035)) AS distance
         FROM parcels p, parcels s
         WHERE s.id = 'P7' AND p.id <> s.id AND p.crop = s.crop AND ST_Area(ST_Transform(p.wkb_geometry, 3035)) > 3000
           AND ST_DWithin(ST_Transform(p.wkb_geometry, 3035), ST_Transform(s.wkb_geometry, 3035), $1)
         ORDER BY 2, 1`,
        [metres],
      );
      const answer = await ask('parcelPeers', { pid: 'P7', distance: String(metres), max: '10000' });
      assert.deepEqual(
        answer.pids,
        rows.map(({ pid }) => pid),
      );
      assert.deepEqual(
        answer.distance,
        rows.map(({ distance }) => distance),
      );
      if (metres > 1000) assert.ok(rows.length > 3);
      const two = await ask('parcelPeers', { pid: 'P7', distance: String(metres), max: '2' });
      assert.deepEqual(
        two.pids,
        rows.slice(0, 2).map(({ pid }) => pid),
      );
    });

  it('are answered by indexes', async () => {
    const { pool } = season.database;
    await pool.query(
      `INSERT INTO parcels (wkb_geometry, id, crop) SELECT ST_Translate(wkb_geometry, n * 20000, 0), 'far' || n || id, 'wheat'
       FROM parcels, generate_series(1, 200) AS n; ANALYZE parcels`,
    );
    await ask('parcelByID', { pid: 'P1' });
    const before = await rowsScanned();
    await ask('parcelPeers', { pid: 'P7' });
    await ask('parcelByID', { pid: 'P7' });
    await ask('parcelByLocation', await degrees(500_250, 5_640_250));
    await ask('parcelsByPolygon', { polygon: '3_50.8-3.01_50.8-3.01_50.9' });
    assert.equal((await rowsScanned()) - before, 0);
    await pool.query(`DELETE FROM parcels WHERE id LIKE 'far%'`);
  });

  it('are found in any case of letters, as are areas', async () => {
    for (const path of ['/query/parcelById', '/query/parcelbyid', '/QUERY/PARCELBYID/']) {
      const answer = await season.app.inject({ url: path, query: { aoi: 'MS', year: '2024', pid: 'P2' } });
      assert.deepEqual(answer.json<Answer>().pid, ['P2'], path);
    }
  });

  it('answer the empty object for what can not be answered', async () => {
    for (const [path, query] of [
      ['parcelByID', {}],
      ['parcelByID', { pid: 'P1', ptype: 'none' }],
      ['parcelByLocation', { lon: 'east', lat: '50' }],
      ['parcelByLocation', { lon: '3' }],
      ['parcelsByPolygon', {}],
      ['parcelsByPolygon', { polygon: '1_2-3_4' }],
      ['parcelsByPolygon', { polygon: 'POLYGON((1 2))' }],
      ['parcelsByPolygon', { polygon: '{"type":"Point","coordinates":[3,50]}' }],
      ['parcelPeers', { pid: 'P1', distance: 'far' }],
      ['parcelPeers', { pid: 'P1', distance: '-1' }],
    ] as const)
      assert.deepEqual(await ask(path, query), {}, JSON.stringify(query));
  });

  it('cast an id to the type of its column', async () => {
    const numbered = { ...ENTRY, tables: { ...ENTRY.tables, parcelId: 'ogc_fid', cropCode: 'none' } };
    const app = await season.serve({}, [numbered]);
    const byId = async (pid: string): Promise<Answer> =>
      (await app.inject({ url: '/query/parcelByID', query: { aoi: 'ms', year: '2024', pid } })).json();
    assert.deepEqual((await byId('3')).pid, ['3']);
    assert.deepEqual((await byId('3')).cropcode, [null], 'a column that is not there');
    for (const pid of ['three', '99999999999', '3; DROP TABLE parcels'])
      assert.deepEqual(await byId(pid), {});
  });

  it('know parcels of a type by a table of their own', async () => {
    await season.database.pool.query(`CREATE TABLE parcels_g AS SELECT * FROM parcels WHERE ogc_fid = 5`);
    assert.deepEqual((await ask('parcelByID', { pid: 'P5', ptype: 'g' })).pid, ['P5']);
    assert.deepEqual((await ask('parcelByID', { pid: 'P6', ptype: 'g' })).pid, []);
  });

  it('tell of no dataset with 404 and what to say', async () => {
    for (const url of ['/query/parcelByID?pid=1', '/query/parcelByID?aoi=ms&year=1999&pid=1']) {
      const answer = await season.app.inject(url);
      assert.equal(answer.statusCode, 404);
      assert.match(answer.json<{ error: string }>().error, /dataset/);
    }
  });
});
