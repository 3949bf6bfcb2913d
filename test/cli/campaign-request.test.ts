import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { orderOf } from '../../campaigns/make-order.js';
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
      },
      aoi: { field: 'name', name: 'roi' },
      period: { start: '2024-01-01T00:00:00', end: '2024-06-30T00:00:00' },
      bands: ['B02'],
      bandNames: 'api',
      radiometry: 'raw',
      statusIn: 'catalogue',
      minAreaM2: 500,
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
    const workers: DatabaseConfig = {
      ...readDbConfig(dbConfig, {}),
      bandNames: 'scripts',
      chunkParcels: 7,
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
