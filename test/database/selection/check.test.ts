import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import type pg from 'pg';
import { canonicalTables, checkSelection } from '../../../database/selection/check.js';
import { missingRights } from '../../../database/selection/rights.js';
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

  it('fills the statistics that a table has columns for, of the type of its others', async () => {
    const eight = ['count', 'mean', 'std', 'min', 'max', 'p25', 'p50', 'p75'];
    const tables = { ...SELECTION.tables, clear: 'clear_sigs' };
    // Before the others, after them, and in any order; of another making they are somebody's own.
    const { results, clear, warnings } = await check(
      `ALTER TABLE sigs ADD "P05" real, ADD p95 real, ADD p05 real, ADD valid boolean, ADD skew real GENERATED ALWAYS AS (mean - p50) STORED;
       CREATE TABLE clear_sigs (valid float8, p10 real, pid integer, obsid integer, p90 float8, band text);
       ${eight.map((name) => `ALTER TABLE clear_sigs ADD ${name} float8`).join(';')}`,
      { tables },
    );
    assert.deepEqual(results.statistics, [...eight, 'p05', 'p95']);
    assert.deepEqual([clear?.statistics, clear?.statBytes], [[...eight, 'p90', 'valid'], 8]);
    assert.deepEqual(warnings, [
      'column valid of public.sigs is not filled: it is boolean, and the other statistics are real',
      'column p10 of public.clear_sigs is not filled: it is real, and the other statistics are double precision',
    ]);
  });

  it('looks at the table of clear rows as at that of the results, and keeps it apart from the others', async () => {
    const of = (clear: string) => ({ tables: { ...SELECTION.tables, clear } });
    await refuses('', /no table clear_sigs \(clear_table\).*parcelwise init/, of('clear_sigs'));
    await refuses(
      'CREATE TABLE clear_sigs (LIKE sigs); ALTER TABLE clear_sigs DROP p25',
      /public\.clear_sigs has no column p25/,
      of('clear_sigs'),
    );
    await refuses(
      'ALTER TABLE clear_sigs ADD p25 real, ALTER band TYPE char(2)',
      /column band of public\.clear_sigs takes 2 letters, and needs 3/,
      of('clear_sigs'),
    );
    await refuses('', /clear_table and results_table are one table, public\.sigs/, of('public.sigs'));
    await refuses('', /clear_table and hists_table are one table|hists has no column band/, of('hists'));
    const { clear, ...selection } = await check(
      'ALTER TABLE clear_sigs ALTER band TYPE char(3)',
      of('clear_sigs'),
    );
    assert.equal(clear?.key, 'public.clear_sigs');
    assert.equal(canonicalTables({ ...selection, clear }).clear, 'public.clear_sigs');
    const lacking = await missingRights(client, { ...selection, clear });
    assert.deepEqual(
      lacking.filter(({ table }) => table === 'public.clear_sigs'),
      [],
    );
    await client.query('CREATE ROLE reader; GRANT SELECT ON clear_sigs TO reader; SET LOCAL ROLE reader');
    assert.deepEqual(
      (await missingRights(client, { ...selection, clear }, { changedOnly: true })).filter(
        ({ table }) => table === 'public.clear_sigs',
      ),
      ['INSERT', 'DELETE'].map((right) => ({ right, table: 'public.clear_sigs' })),
    );
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
