import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { findServedTables, type ServedTables } from '../../../database/reads/served-tables.js';
import { readWeatherColumns, readWeatherRows } from '../../../database/reads/weather.js';
import { createDatabase, skipWithoutServer, type TestDatabase } from '../database.js';
import { makeSeason } from '../season.js';

/** Two cells side by side, with parcel 1 in the western one, and days in no order. */
const WEATHER = `
  CREATE TABLE era5_grid AS
  SELECT n AS grid_id, ST_Transform(ST_MakeEnvelope(e, 5640000, e + 300, 5650000, 32631), 4326) AS geom_cell
  FROM (VALUES (11, 500100), (12, 500400)) AS cell (n, e);
  CREATE TABLE era5_data (grid_id integer, meteo_date date, tmin real, tmax real, tmean real, prec double precision);
  INSERT INTO era5_data VALUES (11, '2024-03-02', 1.5, 9.25, 5, 0), (11, '2024-03-01', 1, 8, 4, NULL), (12, '2024-03-01', 0, 7, 3, 2.5)`;

describe('the weather of a parcel', { skip: skipWithoutServer }, () => {
  let database: TestDatabase;
  const find = (environment?: string): Promise<ServedTables> =>
    findServedTables(database.pool, {
      ...{ parcels: 'parcels', catalogue: 'dias_catalogue', parcelId: 'ogc_fid', signatures: {} },
      environment,
    });
  before(async () => {
    database = await createDatabase();
    await makeSeason(database.pool);
  });
  after(() => database.drop());

  it('is unknown where there are no tables of it', async () => {
    assert.equal(await readWeatherColumns(database.pool, await find(), '1'), undefined);
  });

  it('is that of the cell that the parcel lies in, day by day', async () => {
    await database.pool.query(WEATHER);
    const tables = await find();
    assert.deepEqual(await readWeatherColumns(database.pool, tables, '1'), [
      { name: 'meteo_date', json: '["2024-03-01","2024-03-02"]' },
      { name: 'tmin', json: '[1,1.5]' },
      { name: 'tmax', json: '[8,9.25]' },
      { name: 'tmean', json: '[4,5]' },
      { name: 'prec', json: '[null,0]' },
    ]);
    assert.deepEqual(await readWeatherRows(database.pool, tables, '2'), [
      ['2024-03-01', '0', '7', '3', '2.5'],
    ]);
    assert.deepEqual(await readWeatherRows(database.pool, tables, '40'), [], 'no cell');
  });

  it('is that of the cell which a table of the dataset names, where there is one', async () => {
    await database.pool.query('CREATE TABLE env AS SELECT 1 AS pid, 12 AS grid_id');
    const tables = await find('env');
    assert.deepEqual(await readWeatherRows(database.pool, tables, '1'), [
      ['2024-03-01', '0', '7', '3', '2.5'],
    ]);
    assert.deepEqual(await readWeatherRows(database.pool, tables, '2'), []);
  });
});
