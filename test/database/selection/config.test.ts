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

  it('may say which pixels are measured, which are clear, and indices of its own', () => {
    const read = (args: object, tables: object = {}) =>
      readDbConfig(
        file(
          withDatabase({
            tables: { ...CBM_FILE.database.tables, ...tables },
            args: { ...CBM_FILE.database.args, ...args },
          }),
        ),
        {},
      );
    const said = (args: object, tables?: object) => {
      const { pixels, innerBufferM, clear, indices, tables: read_ } = read(args, tables);
      return { pixels, innerBufferM, clear, indices, table: read_.clear };
    };
    const nothing = { pixels: undefined, innerBufferM: undefined, clear: undefined, indices: undefined };
    assert.deepEqual(said({}), { ...nothing, table: undefined });
    assert.deepEqual(said({ inner_buffer_m: '' }, { clear_table: null }), { ...nothing, table: undefined });
    const indices = { XYZ: '(B08 - B11) / (B08 + B11)' };
    const clear = { classes: [3, 8], widen_m: 60, min_pixels: 8, inner_buffer_m: '5' };
    assert.deepEqual(
      said({ pixels: 'fraction', inner_buffer_m: '10', clear, indices }, { clear_table: 'ms.clear' }),
      {
        ...{ pixels: 'fraction', innerBufferM: 10, indices, table: 'ms.clear' },
        clear: { classes: [3, 8], widenM: 60, minPixels: 8, innerBufferM: 5 },
      },
    );
    assert.deepEqual(
      [read({}), read({ skip_cloudy: true })].map(({ skipCloudy }) => skipCloudy),
      [undefined, true],
    );
    for (const classes of ['3, 8,255', ['3', 8, '255']])
      assert.deepEqual(read({ clear: { classes } }).clear, { classes: [3, 8, 255] });
    for (const [args, message] of [
      [{ pixels: 'center' }, /args\.pixels: must be one of centre, touched, inside, fraction\./],
      [{ inner_buffer_m: -1 }, /args\.inner_buffer_m: must be 0 or more\./],
      [{ skip_cloudy: 'yes' }, /args\.skip_cloudy: must be true or false\./],
      [{ skip_clouds: true }, /args\.skip_clouds: is not known \(is skip_cloudy meant\?\)/],
      [{ clear: { min_pixels: 0 } }, /args\.clear\.min_pixels: must be 1 or more\./],
      [{ clear: { min_pixels: 1.5 } }, /args\.clear\.min_pixels: must be a whole number\./],
      [{ clear: { widen_m: 5001 } }, /args\.clear\.widen_m: must be 5000 or less\./],
      [{ clear: { classes: [256] } }, /args\.clear\.classes\.0: must be 255 or less\./],
      [{ clear: { classes: '3,cloud' } }, /args\.clear\.classes\.1: must be a number\./],
      [{ clear: { classes: '3,,8' } }, /args\.clear\.classes/],
      [{ clear: { classes: [] } }, /args\.clear\.classes: must have 1 or more\./],
      [{ indices: { 'X:Y': 'B04' } }, /args\.indices\.X:Y: a name is a letter/],
      [{ indices: { XYZ: '' } }, /args\.indices\.XYZ: must not be empty/],
      [{ indices: { XYZ: 3 } }, /args\.indices\.XYZ: /],
    ] as const)
      assert.throws(() => read(args), { name: 'DatabaseSetupError', message });
  });

  /** All numbers of the file but the port, each by its key; those of `clear` after a point. */
  const NUMBERS = [
    'min_area_m2',
    'inner_buffer_m',
    'chunk_parcels',
    'clear.widen_m',
    'clear.min_pixels',
    'clear.inner_buffer_m',
  ];

  it('takes every number also in quotes or left empty, and names the key of what is none', () => {
    const read = (key: string, value: unknown) => {
      const [name, inClear] = key.split('.') as [string, string?];
      const args = {
        ...CBM_FILE.database.args,
        [name]: inClear === undefined ? value : { [inClear]: value },
      };
      const { minAreaM2, innerBufferM, chunkParcels, clear } = readDbConfig(file(withDatabase({ args })), {});
      return { minAreaM2, innerBufferM, chunkParcels, clear };
    };
    const without = read('min_area_m2', undefined);
    for (const key of NUMBERS) {
      assert.notDeepEqual(read(key, 20), without, key);
      assert.deepEqual(read(key, '20'), read(key, 20), key);
      assert.deepEqual(read(key, ' '), read(key, undefined), key);
      assert.deepEqual(read(key, null), read(key, undefined), key);
      for (const wrong of ['twenty', true, [20], {}, -1])
        assert.throws(() => read(key, wrong), {
          message: new RegExp(`database\\.args\\.${key.replace('.', '\\.')}: `),
        });
    }
    const port = (value: unknown) =>
      readDbConfig(file(withDatabase({ connection: { host: 'db.example', port: value } })), {}).connection
        .port;
    assert.deepEqual([port('5433'), port(5433), port(''), port(null)], [5433, 5433, 5432, 5432]);
    assert.throws(() => port(true), /database\.connection\.port: /);
  });

  it('refuses keys that are nearly ones of ours, and all strange ones in blocks of ours', () => {
    const withKeys =
      (args: object, tables: object = {}) =>
      () =>
        readDbConfig(
          file(
            withDatabase({
              tables: { ...CBM_FILE.database.tables, ...tables },
              args: { ...CBM_FILE.database.args, ...args },
            }),
          ),
          {},
        );
    for (const [args, tables, message] of [
      [
        { clear: { widen: 20, clases: [3] } },
        {},
        /args\.clear: widen is not known \(.*\), clases is not known \(is classes meant\?\)/,
      ],
      [{ clear: { minPixels: 2 } }, {}, /args\.clear: minPixels is not known \(is min_pixels meant\?\)/],
      [
        { clear: { zzz: 1 } },
        {},
        /zzz is not known \(there are classes, widen_m, min_pixels, inner_buffer_m\)/,
      ],
      [{ pixel: 'inside' }, {}, /args\.pixel: is not known \(is pixels meant\?\)/],
      [{ innerBufferM: 5 }, {}, /args\.innerBufferM: is not known \(is inner_buffer_m meant\?\)/],
      [{ indexes: {} }, {}, /args\.indexes: is not known \(is indices meant\?\)/],
      [{}, { clear_tabel: 'x' }, /tables\.clear_tabel: is not known \(is clear_table meant\?\)/],
    ] as const)
      assert.throws(withKeys(args, tables), { message });
    assert.doesNotThrow(
      withKeys({ cloud: 1, pid: 2, start: 'x', aoi: 'y' }, { foi_table: 'z', cube_table: 'a' }),
    );
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
