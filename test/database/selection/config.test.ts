import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { readConnection, readDbConfig } from '../../../database/selection/config.js';
import { temporaryFolder } from '../../temporary-folder.js';

const folder = temporaryFolder('config');

const CBM_FILE = {
  database: {
    connection: { host: 'db.example', dbname: 'cbm', dbuser: 'jrc', dbpasswd: 'geheim', port: 5433 },
    tables: { aoi_table: 'aois', parcel_table: 'ms.parcels', results_table: 'ms.sigs' },
    args: { aoi_field: 'name', name: 'ms', startdate: '2024-03-01', enddate: '2024-04-01' },
  },
};

let files = 0;
function file(content: unknown): string {
  const path = join(folder, `db_config_${files++}.json`);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

const withDatabase = (part: object) => ({ database: { ...CBM_FILE.database, ...part } });

describe('db_config.json', () => {
  it("of CbM is read unchanged, with CbM's defaults", () => {
    const { connection, ...rest } = readDbConfig(file(CBM_FILE), {});
    assert.deepEqual(rest, {
      tables: { catalogue: 'dias_catalogue', aois: 'aois', parcels: 'ms.parcels', results: 'ms.sigs' },
      aoi: { field: 'name', name: 'ms' },
      period: { start: '2024-03-01T00:00:00', end: '2024-04-01T00:00:00' },
      bandNames: 'api',
      minAreaM2: 3000,
    });
    const { host, port, database, user, password } = connection;
    assert.deepEqual(
      [host, port, database, user, password?.()],
      ['db.example', 5433, 'cbm', 'jrc', 'geheim'],
    );
  });

  it('takes the default where the smallest area is left empty', () => {
    for (const min_area_m2 of ['', null, undefined]) {
      const { minAreaM2 } = readDbConfig(
        file(withDatabase({ args: { ...CBM_FILE.database.args, min_area_m2 } })),
        {},
      );
      assert.equal(minAreaM2, 3000);
    }
  });

  it('is refused by the name of what is missing', () => {
    const args = { ...CBM_FILE.database.args, name: undefined };
    assert.throws(() => readDbConfig(file(withDatabase({ args })), {}), /database\.args\.name: is missing\./);
    assert.throws(() => readDbConfig(file([]), {}), /the file: /);
  });

  it('may name histograms, bands as a list or by commas, and settings; keys of other tools are left alone', () => {
    const config = (bands: unknown) =>
      readDbConfig(
        file({
          other: 1,
          ...withDatabase({
            tables: { ...CBM_FILE.database.tables, hists_table: 'hists', catalogue_table: 'cat', theirs: [] },
            args: {
              ...CBM_FILE.database.args,
              bands,
              band_names: 'scripts',
              min_area_m2: '500',
              chunk_parcels: 1000,
              theirs: null,
            },
          }),
        }),
        {},
      );
    for (const bands of [['B04', 'SC'], 'B04, SC']) {
      const { tables, bands: read, bandNames, minAreaM2, chunkParcels } = config(bands);
      assert.deepEqual([tables.hists, tables.catalogue], ['hists', 'cat']);
      assert.deepEqual([read, bandNames, minAreaM2, chunkParcels], [['B04', 'SC'], 'scripts', 500, 1000]);
    }
  });

  it('is filled from DATABASE_URL and PG*, in that order, where it says nothing', () => {
    const path = file(withDatabase({ connection: { host: 'db.example', dbpasswd: '' } }));
    const env = {
      DATABASE_URL: 'postgres://url:p%40ss@other:6000',
      PGDATABASE: 'fromenv',
      PGUSER: 'notme',
      PGPORT: '1',
    };
    const { host, port, database, user, password } = readDbConfig(path, env).connection;
    assert.deepEqual(
      [host, port, database, user, password?.()],
      ['db.example', 6000, 'fromenv', 'url', 'p@ss'],
    );
  });

  it('names file and key of what is wrong, all at once', () => {
    const path = file(
      withDatabase({
        tables: { aoi_table: 'aois', parcel_table: '' },
        args: { name: 'ms', startdate: '2024-02-30', enddate: 'soon', band_names: 'mine' },
      }),
    );
    assert.throws(
      () => readDbConfig(path, {}),
      (error: Error) => {
        assert.equal(error.name, 'DatabaseSetupError');
        const { message } = error;
        const keys = [
          'tables.parcel_table',
          'tables.results_table',
          'args.startdate',
          'args.enddate',
          'args.band_names',
        ];
        for (const text of [path, ...keys.map((key) => `database.${key}`)])
          assert.ok(message.includes(text), message);
        return true;
      },
    );
  });

  it('never shows the password: not when it is broken, nor printed, nor as JSON', () => {
    const text = JSON.stringify(CBM_FILE, null, 1).replace('"geheim",', '"geheim"');
    assert.throws(
      () => readDbConfig(file(text), {}),
      (error: Error) => {
        assert.match(error.message, /is not valid JSON \(line 8\)/);
        assert.ok(!inspect(error, { depth: 9, showHidden: true }).includes('geheim'));
        return true;
      },
    );
    const config = readDbConfig(file(CBM_FILE), {});
    assert.ok(!inspect(config, { depth: 9 }).includes('geheim'));
    assert.ok(!JSON.stringify(config).includes('geheim'));
    const wrongUrl = { DATABASE_URL: 'postgres://me:geheim@[bad' };
    assert.throws(
      () => readDbConfig(file(withDatabase({ connection: {} })), wrongUrl),
      (error: Error) => {
        assert.match(error.message, /DATABASE_URL is not a URL/);
        return !inspect(error, { depth: 9 }).includes('geheim');
      },
    );
  });

  it('that is not there is named, and a period that ends before it starts is refused', () => {
    assert.throws(
      () => readDbConfig(join(folder, 'nowhere.json'), {}),
      /there is no .*nowhere\.json.*--db-config/,
    );
    const swapped = { ...CBM_FILE.database.args, startdate: '2024-05-01' };
    assert.throws(
      () => readDbConfig(file(withDatabase({ args: swapped })), {}),
      /startdate comes after enddate/,
    );
  });

  it('may be missing where only a connection is wanted', () => {
    const { host, port, database } = readConnection(file({ database: {} }), {
      PGHOST: '/run/postgresql',
      PGDATABASE: 'x',
    });
    assert.deepEqual([host, port, database], ['/run/postgresql', 5432, 'x']);
    const ssl = readConnection(undefined, { DATABASE_URL: 'postgres://h/d?sslmode=require' }).ssl;
    assert.deepEqual(ssl, { rejectUnauthorized: false });
  });
});
