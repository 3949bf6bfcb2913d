import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { CampaignInput } from '../../campaigns/options.js';
import { orderOf } from '../../campaigns/make-order.js';
import { clearBandsOf, ruleOf } from '../../campaigns/rule.js';
import { type DatabaseConfig, readDbConfig } from '../../database/selection/config.js';
import { type CampaignOptions, campaignRequest } from '../../cli/campaign-request.js';

describe("a campaign's input", () => {
  let folder: string;
  let dbConfig: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'parcelwise-request-'));
    dbConfig = join(folder, 'db_config.json');
    const config = {
      database: {
        connection: { host: 'db', dbname: 'cbm', dbuser: 'cbm', dbpasswd: 'secret' },
        tables: {
          aoi_table: 'aois',
          parcel_table: 'ms.parcels',
          results_table: 'ms.sigs',
          hists_table: 'ms.hists',
        },
        args: {
          name: 'roi',
          startdate: '2024-01-01',
          enddate: '2024-06-30',
          bands: ['B02'],
          min_area_m2: 500,
        },
      },
    };
    await writeFile(dbConfig, JSON.stringify(config));
  });
  after(() => rm(folder, { recursive: true }));

  function request(options: Partial<CampaignOptions> = {}): ReturnType<typeof campaignRequest> {
    return campaignRequest({ card: 's2', dbConfig, ...options });
  }

  it('comes from db_config.json, under a name made of CARD type and AOI', () => {
    const { name, input } = request();
    assert.equal(name, 's2-roi');
    assert.deepEqual(input, {
      card: 's2',
      tables: {
        catalogue: 'dias_catalogue',
        aois: 'aois',
        parcels: 'ms.parcels',
        results: 'ms.sigs',
        hists: 'ms.hists',
        clear: null,
      },
      aoi: { field: 'name', name: 'roi' },
      period: { start: '2024-01-01T00:00:00', end: '2024-06-30T00:00:00' },
      bands: ['B02'],
      bandNames: 'api',
      radiometry: 'raw',
      statusIn: 'catalogue',
      minAreaM2: 500,
      pixels: 'centre',
      innerBufferM: 0,
      clear: { classes: [0, 1, 3, 8, 9, 10, 11], widenM: 0, minPixels: 1, innerBufferM: 0 },
      skipCloudy: false,
      indices: {},
      chunkParcels: 30_000,
    });
  });

  it('is whole: what the file leaves out is not left to the files of the workers', async () => {
    const bare = join(folder, 'bare.json');
    const tables = { aoi_table: 'aois', parcel_table: 'parcels', results_table: 'sigs' };
    const args = { name: 'roi', startdate: '2024-01-01', enddate: '2024-06-30' };
    await writeFile(bare, JSON.stringify({ database: { tables, args } }));
    const { input } = request({ dbConfig: bare });
    assert.equal(input.tables?.hists, null);
    const theirs = readDbConfig(dbConfig, {});
    const workers: DatabaseConfig = {
      ...theirs,
      tables: { ...theirs.tables, clear: 'ms.clear' },
      bandNames: 'scripts',
      chunkParcels: 7,
      ...{ pixels: 'fraction', innerBufferM: 5, clear: { minPixels: 8 }, indices: { XYZ: 'B04' } },
    };
    const order = orderOf(input, workers);
    assert.deepEqual(order, orderOf({ card: 's2' }, readDbConfig(bare, {})));
    assert.deepEqual(
      [order.tables.hists, order.bands, order.chunkParcels, order.minAreaM2],
      [undefined, ['B04', 'B08', 'SC'], 30_000, 3000],
    );
    // What `temporal workflow start` leaves out is the workers'.
    assert.equal(orderOf({ card: 's2' }, workers).tables.hists, 'ms.hists');
  });

  it('is refused here where no worker could make an order of it', () => {
    for (const [asked, message] of [
      [{ card: 'bs', skipCloudy: true }, /no map of classes.*--skip-cloudy/],
      [{ add: true, changedOnly: true }, /two campaigns/],
      [{ bands: ['B99'] }, /neither band nor index 'B99'/],
    ] as const)
      assert.throws(() => request(asked), message);
  });

  it('says by which rule only where that is not the default, so that orders are as they were', () => {
    const config = readDbConfig(dbConfig, {});
    const parts = ['pixels', 'innerBufferM', 'clear', 'indices', 'clearBands'];
    const saidIn = (order: object) => parts.filter((part) => part in order);
    const tables = { clear: 'ms.clear' };
    const defaults: Partial<CampaignInput>[] = [
      {},
      { tables },
      { tables, ...{ pixels: 'centre', innerBufferM: 0, indices: {} }, clear: { minPixels: 1 } },
      { tables, clear: { classes: [11, 10, 9, 8, 3, 1, 0] } },
    ];
    for (const asked of defaults)
      assert.deepEqual(saidIn(orderOf({ card: 's2', ...asked }, config)), [], JSON.stringify(asked));
    assert.ok(!JSON.stringify(orderOf({ card: 's2' }, config)).includes('clear'));

    const indices = { XYZ: '(B08 - B11) / (B08 + B11)' };
    const asked = { pixels: 'fraction', innerBufferM: 5, clear: { classes: [9, 8, 9] }, indices } as const;
    const order = orderOf({ card: 's2', tables, ...asked }, config);
    const clear = { classes: [8, 9], widenM: 0, minPixels: 1, innerBufferM: 0 };
    assert.deepEqual(
      [order.pixels, order.innerBufferM, order.clear, order.indices],
      ['fraction', 5, clear, indices],
    );
    assert.deepEqual(ruleOf(order), { pixels: 'fraction', innerBufferM: 5, indices: {}, clear });
    const measured = { ...order, bands: [...order.bands, 'XYZ'] };
    assert.deepEqual(ruleOf(measured).indices, indices, 'none counts that is not among the bands');
    // Without a table for them, nothing is to be known of clear rows.
    assert.ok(!('clear' in orderOf({ card: 's2', ...asked }, config)));
  });

  it('leaves cloudy parcels out where that is said, of CARD types with a map of classes', () => {
    const config = readDbConfig(dbConfig, {});
    const inFile = { ...config, skipCloudy: true };
    const skips = (asked: Partial<CampaignInput>, of: DatabaseConfig) =>
      orderOf({ card: 's2', ...asked }, of).skipCloudy;
    assert.equal(skips({}, config), undefined);
    assert.equal(skips({ skipCloudy: true }, config), true);
    assert.equal(skips({}, inFile), true);
    assert.equal(skips({ skipCloudy: false }, inFile), undefined, 'what is said counts');
    assert.equal(skips({ card: 'bs', bands: ['VV'] }, inFile), undefined, 'the file is about all types');
    assert.throws(
      () => skips({ card: 'bs', bands: ['VV'], skipCloudy: true }, config),
      /^DatabaseSetupError: scenes of the CARD type bs have no map of classes .* Run the campaign without --skip-cloudy/,
    );
    // Their rule is that of clear rows, kept or not.
    const clear = { classes: [9], widenM: 40, minPixels: 1, innerBufferM: 0 };
    assert.deepEqual(orderOf({ card: 's2', skipCloudy: true, clear }, config).clear, clear);
  });

  it('has clear rows of all bands but the classes, of CARD types with a map of them', () => {
    const config = readDbConfig(dbConfig, {});
    const tables = { clear: 'ms.clear' };
    const of = (asked: Partial<CampaignInput>) =>
      clearBandsOf(orderOf({ card: 's2', tables, ...asked }, config));
    assert.deepEqual(of({ bands: ['B04', 'SCL', 'B8A'] }), ['B04', 'B8A']);
    assert.deepEqual(of({ bands: ['B4', 'SC'], bandNames: 'scripts' }), ['B4']);
    assert.deepEqual(of({ bands: ['B04'], tables: { clear: null } }), []);
    const radar = orderOf({ card: 'bs', tables, bands: ['VV'], clear: { minPixels: 3 } }, config);
    assert.deepEqual([clearBandsOf(radar), ruleOf(radar).clear, radar.clear], [[], undefined, undefined]);
    const { input } = request({ card: 'bs', bands: ['VV'] });
    assert.deepEqual(input.clear, { widenM: 0, minPixels: 1, innerBufferM: 0 });
  });

  it('never carries how the database is reached', () => {
    assert.doesNotMatch(JSON.stringify(request()), /secret|passwd|"db"/);
  });

  it('takes what options say in place of the file', () => {
    const { name, input } = request({
      card: 'bs',
      name: 'spring',
      bands: ['VV'],
      aoi: 'other',
      start: '2024-03-01',
      results: 'ms.bs_sigs',
      bandNames: 'scripts',
      concurrency: 9,
      chunkParcels: 77,
    });
    assert.equal(name, 'spring');
    assert.deepEqual(
      [input.bands, input.aoi?.name, input.period?.start, input.tables?.results, input.bandNames],
      [['VV'], 'other', '2024-03-01', 'ms.bs_sigs', 'scripts'],
    );
    assert.deepEqual([input.concurrency, input.chunkParcels], [9, 77]);
  });

  it('is refused when a field can not be', () => {
    assert.throws(() => request({ end: 'never' }), { message: /period\.end/ });
    assert.throws(() => request({ concurrency: 100_000 }), { message: /concurrency/ });
  });
});
