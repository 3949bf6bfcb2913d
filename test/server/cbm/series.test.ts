import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { skipWithoutServer } from '../../database/database.js';
import { ENTRY, serveSeason, type ServedSeason } from '../served-season.js';

/** Optical scenes 1 and 3, and radar scene 4, of parcel P7; histograms of the optical ones. */
const ROWS = `
  INSERT INTO sigs (pid, obsid, band, count, mean, std, min, p25, p50, p75, max)
  SELECT 7, obsid, band, 40, 0.5, 0.1, 1, 2, 3, 4, 5 FROM (VALUES
    (1, 'B08'), (1, 'B04'), (1, 'B12'), (3, 'B04'), (3, 'SC'), (4, 'VVb'), (4, 'VV'), (4, 'VHc')) AS row (obsid, band);
  INSERT INTO hists VALUES (7, 1, '{"4": 55, "9": 3}'), (7, 3, '{"5": 60}')`;

const WEATHER = `
  CREATE TABLE era5_grid AS SELECT 1 AS grid_id, ST_MakeEnvelope(-180, -90, 180, 90, 4326) AS geom_cell;
  CREATE TABLE era5_data AS SELECT 1 AS grid_id, date '2024-03-01' AS meteo_date, 1.5 AS tmin, 8 AS tmax, 4 AS tmean, 0 AS prec`;

describe("CbM's routes of series", { skip: skipWithoutServer }, () => {
  let season: ServedSeason;
  before(async () => {
    season = await serveSeason();
    await season.database.pool.query(ROWS);
  });
  after(() => season.end());

  const get = (query: Record<string, string>, path = 'parcelTimeSeries') =>
    season.app.inject({ url: `/query/${path}`, query: { aoi: 'ms', year: '2024', pid: 'P7', ...query } });
  async function ask(query: Record<string, string>, path?: string): Promise<Record<string, unknown[]>> {
    const answer = await get(query, path);
    assert.equal(answer.statusCode, 200, answer.body);
    assert.equal(answer.headers['content-type'], 'application/json; charset=utf-8');
    return answer.json();
  }

  it('show the bands of a kind that clients know, and any other that is asked for', async () => {
    assert.deepEqual((await ask({})).band, ['B04', 'B08', 'B04', 'SC']);
    assert.deepEqual((await ask({ tstype: 'bs' })).band, ['VVb']);
    assert.deepEqual((await ask({ tstype: 'BS', band: 'VV' })).band, ['VV']);
    assert.deepEqual((await ask({ band: 'B12' })).band, ['B12']);
    assert.deepEqual((await ask({ band: 'B09' })).band, []);
  });

  it('have a histogram for each row of optical scenes, unless it is not asked for', async () => {
    assert.deepEqual((await ask({})).hist, [
      { '4': 55, '9': 3 },
      { '4': 55, '9': 3 },
      { '5': 60 },
      { '5': 60 },
    ]);
    assert.equal('hist' in (await ask({ scl: 'False' })), false);
    assert.equal('hist' in (await ask({ tstype: 'bs', scl: 'True' })), false);
  });

  it('name the scenes where that is asked for, in any of the ways to say yes', async () => {
    for (const ref of ['True', 'true', '1'])
      assert.deepEqual((await ask({ ref, band: 'SC' })).reference, ['SCENE_3']);
    assert.equal('reference' in (await ask({ ref: 'no' })), false);
  });

  it('have columns in the order of the original', async () => {
    const { body } = await get({ ref: 'True' });
    assert.deepEqual(Object.keys(JSON.parse(body) as object), [
      ...[
        'date_part',
        'band',
        'count',
        'mean',
        'std',
        'min',
        'p25',
        'p50',
        'p75',
        'max',
        'hist',
        'reference',
      ],
    ]);
  });

  it('are empty lists for an unknown parcel, and the empty object for a question that means nothing', async () => {
    const unknown = await ask({ pid: `P7' OR '1'='1` });
    assert.deepEqual(unknown, Object.fromEntries(Object.keys(unknown).map((key) => [key, []])));
    assert.equal(Object.keys(unknown).length, 11);
    assert.deepEqual(await ask({ ptype: 'nosuch' }), {});
    assert.deepEqual(await ask({ ptype: '; DROP TABLE sigs' }), {});
    assert.deepEqual(await ask({ pid: 'P7\0' }), {});
    assert.deepEqual(await ask({ band: 'B04\0' }), {});
  });

  it('take an id as the column of ids reads it: of numbers, what is none means nothing', async () => {
    const app = await season.serve({}, [{ ...ENTRY, tables: { ...ENTRY.tables, parcelId: 'ogc_fid' } }]);
    const bands = async (pid: string): Promise<unknown> =>
      (
        await app.inject({
          url: '/query/parcelTimeSeries',
          query: { aoi: 'ms', year: '2024', band: 'SC', pid },
        })
      ).json<Record<string, unknown>>().band;
    assert.deepEqual([await bands('7'), await bands(' 7 '), await bands('8')], [['SC'], ['SC'], []]);
    assert.deepEqual(
      [await bands('P7'), await bands('99999999999'), await bands('7.5')],
      [undefined, undefined, undefined],
    );
  });

  it('say that a dataset or a kind of series is not there', async () => {
    assert.equal((await get({ tstype: 'c6' })).statusCode, 404);
    assert.match((await get({ tstype: 'c6' })).body, /It has s2, bs/);
    assert.equal((await get({ year: '1999' })).statusCode, 404);
  });

  it('are histograms by scene for tstype scl', async () => {
    assert.deepEqual(await ask({ tstype: 'scl' }), {
      obsid: [1, 3],
      hist: [{ '4': 55, '9': 3 }, { '5': 60 }],
    });
  });

  it('come as CSV under the name that the original gives', async () => {
    const { headers, body } = await get({ tsformat: 'csv', band: 'B08' });
    assert.equal(headers['content-type'], 'text/csv; charset=utf-8');
    assert.equal(headers['content-disposition'], 'attachment; filename=timeseries_ms2024_P7_s2.csv');
    assert.equal(
      body,
      'date_part,band,count,mean,std,min,p25,p50,p75,max,hist\r\n' +
        `1709376979.123456,B08,40,0.5,0.1,1,2,3,4,5,"{'4': 55, '9': 3}"\r\n`,
    );
    const unknown = await get({ tsformat: 'csv', pid: 'x"\r\nx' });
    assert.equal(
      unknown.headers['content-disposition'],
      'attachment; filename=timeseries_ms2024_x___x_s2.csv',
    );
    assert.equal(unknown.body, 'date_part,band,count,mean,std,min,p25,p50,p75,max,hist\r\n');
    assert.equal((await get({ tsformat: 'csv', ptype: 'nosuch' })).statusCode, 422);
  });

  it('have no histograms in a dataset without a table of them', async () => {
    const app = await season.serve({}, [{ ...ENTRY, tables: { ...ENTRY.tables, hists: undefined } }]);
    const url = '/query/parcelTimeSeries?aoi=ms&year=2024&pid=P7&tstype=';
    assert.deepEqual((await app.inject(`${url}s2`)).json<Record<string, unknown>>().band, [
      'B04',
      'B08',
      'B04',
      'SC',
    ]);
    assert.deepEqual((await app.inject(`${url}scl`)).json(), {});
  });

  it('tell the weather where the database has any', async () => {
    assert.deepEqual(await ask({}, 'weatherTimeSeries'), {});
    await season.database.pool.query(WEATHER);
    assert.deepEqual(await ask({}, 'weatherTimeSeries'), {
      ...{ meteo_date: ['2024-03-01'], tmin: [1.5], tmax: [8], tmean: [4], prec: [0] },
    });
    const { headers, body } = await get({ tsformat: 'csv' }, 'weatherTimeSeries');
    assert.equal(headers['content-disposition'], 'attachment; filename=timeseries_ms2024_P7_WeatherTS.csv');
    assert.equal(body, 'meteo_date,tmin,tmax,tmean,prec\r\n2024-03-01,1.5,8,4,0\r\n');
  });
});
