import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import type pg from 'pg';
import { checkSelection } from '../../../database/selection/check.js';
import { readUnits } from '../../../database/selection/crs.js';
import type { Selection } from '../../../database/terms.js';
import { createDatabase, skipWithoutServer } from '../database.js';
import type { TestDatabase } from '../database.js';
import { makeSeason, SELECTION } from '../season.js';

describe('a selection', { skip: skipWithoutServer }, () => {
  let database: TestDatabase;
  let client: pg.PoolClient;
  before(async () => {
    database = await createDatabase();
    await makeSeason(database.pool);
  });
  after(() => database.drop());
  // Each test changes the tables in a transaction of its own, which is rolled back.
  beforeEach(async () => {
    client = await database.pool.connect();
    await client.query('BEGIN');
  });
  afterEach(async () => {
    await client.query('ROLLBACK');
    client.release();
  });

  async function check(change: string, selection: Partial<Selection> = {}) {
    if (change !== '') await client.query(change);
    return checkSelection(client, { ...SELECTION, ...selection });
  }
  const refuses = (change: string, message: RegExp, selection: Partial<Selection> = {}) =>
    assert.rejects(check(change, selection), (error: Error) => {
      assert.equal(error.name, 'DatabaseSetupError');
      assert.match(error.message, message);
      return true;
    });

  it('that is in order is described', async () => {
    const { parcels, results, hists, warnings, period } = await check('');
    assert.deepEqual(parcels.crs, { srid: 31370, geographic: false, metresPerUnit: 1 });
    assert.deepEqual([parcels.plain, results.statBytes, hists?.jsonb, warnings], [true, 4, false, []]);
    assert.deepEqual(period, { start: '2024-03-01T00:00:00', end: '2024-04-01T00:00:00' });
  });

  it('with another type for the statistics or histograms is told apart', async () => {
    const doubles = ['count', 'mean', 'std', 'min', 'max', 'p25', 'p50', 'p75'].map(
      (name) => `ALTER ${name} TYPE float8`,
    );
    const { results, hists } = await check(
      `ALTER TABLE sigs ${doubles.join(', ')}; ALTER TABLE hists ALTER hist TYPE jsonb`,
    );
    assert.deepEqual([results.statBytes, hists?.jsonb], [8, true]);
    await refuses('ALTER TABLE sigs ALTER p75 TYPE real', /partly real, partly double/);
  });

  it('names the AOIs there are when its own is not among them', async () => {
    await refuses('', /no area of interest where in public\.aois: there are here, there/, {
      aoi: { field: 'name', name: 'where' },
    });
    await refuses('', /public\.aois has no column naam \(it has name, wkb_geometry\)/, {
      aoi: { field: 'naam', name: 'here' },
    });
  });

  it('names the table, column or type that is wrong, and the remedy', async () => {
    await refuses('DROP TABLE sigs', /no table sigs \(results_table\).*parcelwise init/);
    await refuses('ROLLBACK; BEGIN; DROP TABLE parcels', /no table parcels \(parcel_table\).*ogr2ogr/);
    await refuses('ROLLBACK; BEGIN; ALTER TABLE sigs DROP p25', /public\.sigs has no column p25/);
    await refuses(
      'ROLLBACK; BEGIN; ALTER TABLE dias_catalogue ALTER obstime TYPE text',
      /obstime of public\.dias_catalogue is of type text/,
    );
    await refuses(
      'ROLLBACK; BEGIN; ALTER TABLE parcels ALTER ogc_fid TYPE text',
      /ogc_fid of public\.parcels is of type text/,
    );
  });

  it('needs a CRS for the parcels', async () => {
    await refuses(
      'ALTER TABLE parcels ALTER wkb_geometry TYPE geometry USING ST_SetSRID(wkb_geometry, 0)',
      /SRID 0.*a_srs/,
    );
  });

  it('finds the CRS of an untyped column in its rows', async () => {
    const { parcels } = await check('ALTER TABLE parcels ALTER wkb_geometry TYPE geometry');
    assert.equal(parcels.crs.srid, 31370);
    assert.equal(parcels.plain, false);
  });

  it('needs one ogc_fid a parcel, and asks for an index that keeps it so', async () => {
    const { warnings } = await check('ALTER TABLE parcels DROP CONSTRAINT parcels_pkey');
    assert.match(warnings.join(), /no unique index: CREATE UNIQUE INDEX ON public\.parcels/);
    await refuses('UPDATE parcels SET ogc_fid = 7 WHERE ogc_fid < 9', /not unique \(7\)/);
    await refuses(
      'ROLLBACK; BEGIN; ALTER TABLE parcels ALTER ogc_fid TYPE bigint; UPDATE parcels SET ogc_fid = 3000000000 WHERE ogc_fid = 1',
      /3000000000 .* does not fit/,
    );
  });

  it('needs a period of valid times in UTC', async () => {
    for (const start of ['2024-13-01', 'yesterday', '2024-03-01T00:00:00+02:00']) {
      await refuses('', /is not a date or time.*UTC/, { period: { start, end: '2024-04-01' } });
    }
    await refuses('', /ends .* before it starts/, { period: { start: '2024-04-02', end: '2024-04-01' } });
  });
});

describe('the unit of a CRS', () => {
  it('is read from its well-known text, feet included', () => {
    const feet =
      'PROJCS["x",GEOGCS["y",DATUM["z"],UNIT["degree",0.0174532925199433]],PROJECTION["p"],UNIT["US survey foot",0.3048006096012192],AXIS["X",EAST]]';
    assert.deepEqual(readUnits(feet, ''), { geographic: false, metresPerUnit: 0.3048006096012192 });
    const compound = `COMPD_CS["c",${feet},VERT_CS["v",VERT_DATUM["d",2005],UNIT["metre",1]]]`;
    assert.equal(readUnits(compound, '').metresPerUnit, 0.3048006096012192);
    assert.equal(readUnits('GEOGCS["WGS 84",UNIT["degree",0.01745]]', '').geographic, true);
    assert.deepEqual(readUnits('', '+proj=longlat +datum=WGS84'), { geographic: true, metresPerUnit: 1 });
    assert.deepEqual(readUnits('', '+proj=lcc +to_meter=0.3048'), {
      geographic: false,
      metresPerUnit: 0.3048,
    });
  });
});
