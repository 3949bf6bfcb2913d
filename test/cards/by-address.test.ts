/** Scenes whose bands a STAC item tells the addresses of: which are taken, and what is said where they lead nowhere. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { s2 } from '../../cards/s2.js';
import type { BandAsset } from '../../cards/band-asset.js';
import { AddressRefused, StoreFailure, type ObjectStore } from '../../store/object-store.js';
import type { WebServer } from '../store/web-server.js';
import { AddressedBands, type Assets, incomplete } from './addressed-bands.js';
import { keysOf } from './tree.js';

const PRODUCT = 'S2B_MSIL2A_20240623T104619_N0510_R051_T31UFS_20240623T122156.SAFE';
const GRANULE = `Sentinel-2/MSI/L2A/2024/06/23/${PRODUCT}/GRANULE/L2A_T31UFS_A038122_20240623T105011`;
const KEYS = {
  B04: `${GRANULE}/IMG_DATA/R10m/T31UFS_20240623T104619_B04_10m.jp2`,
  B08: `${GRANULE}/IMG_DATA/R10m/T31UFS_20240623T104619_B08_10m.jp2`,
  SC: `${GRANULE}/IMG_DATA/R20m/T31UFS_20240623T104619_SCL_20m.jp2`,
};
const METADATA = `Sentinel-2/MSI/L2A/2024/06/23/${PRODUCT}/MTD_MSIL2A.xml`;

describe('bands by the addresses of a STAC item', () => {
  let place: AddressedBands;
  let web: WebServer;
  let store: ObjectStore;
  before(async () => {
    place = await AddressedBands.open([...Object.values(KEYS), METADATA]);
    ({ web, store } = place);
  });
  after(() => place.close());
  beforeEach(() => {
    place.serve(['B04.tif', 'B08.tif', 'SCL.tif']);
  });

  const scene = (assets: Assets, reference = PRODUCT) => ({
    ...{ reference, obstime: '2024-06-23T10:46:19' },
    assets: { bands: assets },
  });
  const inBucket = (bucket: string, more: Partial<BandAsset> = {}): Assets =>
    Object.fromEntries(
      Object.entries(KEYS).map(([band, key]) => [band, { href: `s3://${bucket}/${key}`, ...more }]),
    );
  const onWeb = (more: Partial<BandAsset> = {}): Assets => ({
    B04: { href: `${web.url}/B04.tif`, ...more },
    B08: { href: `${web.url}/B08.tif`, ...more },
    SC: { href: `${web.url}/SCL.tif` },
  });
  const locate = (assets: Assets, bands: readonly string[] = ['B04', 'B08', 'SC'], reference = PRODUCT) =>
    s2.locate(scene(assets, reference), bands, 'api', store);

  it('takes s3:// addresses of the bucket, with what the assets say of the numbers', async () => {
    const sources = await locate(inBucket('eodata', { scale: 0.0001, offset: -0.1, noData: 9 }));
    assert.deepEqual(
      keysOf(sources),
      Object.values(KEYS).map((key) => `s3://eodata/${key}`),
    );
    assert.deepEqual(
      sources.map(({ band, rasterBand, classes, asset }) => [band, rasterBand, classes, asset?.noData]),
      [
        ['B04', 1, false, 9],
        ['B08', 1, false, 9],
        ['SC', 1, true, 9],
      ],
    );
  });

  it('takes https addresses, whatever the files are called', async () => {
    assert.deepEqual(keysOf(await locate(onWeb())), [
      `${web.url}/B04.tif`,
      `${web.url}/B08.tif`,
      `${web.url}/SCL.tif`,
    ]);
    assert.ok(web.asked.every((asked) => asked.startsWith('HEAD')));
  });

  it('takes all bands of one kind of place: none from an alternate unless all are there', async () => {
    const assets = inBucket('elsewhere');
    const { B04, B08, SC } = onWeb();
    const both: Assets = {
      B04: { ...assets.B04!, https: B04!.href },
      B08: { ...assets.B08!, https: B08!.href },
      SC: { ...assets.SC!, https: SC!.href },
    };
    assert.deepEqual(keysOf(await locate(both)), [B04!.href, B08!.href, SC!.href]);
    web.objects.delete('/B08.tif');
    assert.deepEqual(keysOf(await locate(both)), Object.values(KEYS), 'by the layout of keys');
  });

  it('looks for s3:// products by the layout of keys where the address leads nowhere', async () => {
    assert.deepEqual(keysOf(await locate(inBucket('EODATA'))), Object.values(KEYS));
  });

  it('names scene, band and what there was where the item has no such asset', async () => {
    await assert.rejects(
      locate(onWeb(), ['B04', 'B05']),
      incomplete('B05 notfound', /20240623T122156\.SAFE has no B05, only B04, B08, SC/),
    );
  });

  it('says which object is not there', async () => {
    web.objects.delete('/B08.tif');
    await assert.rejects(
      locate(onWeb()),
      incomplete('B08 notfound', new RegExp(PRODUCT), /B08: there is no http.*B08\.tif/),
    );
  });

  for (const status of [400, 401, 403, 409, 451])
    it(`knows nothing of an object where the server says ${status}: the scene is given back`, async () => {
      const refused = { kind: 'status', status } as const;
      web.reset(refused, refused, refused);
      web.manners = { ...web.manners, head: false };
      await assert.rejects(locate(onWeb(), ['B04']), (error: Error) => {
        assert.ok(error instanceof AddressRefused, String(error));
        assert.match(error.message, new RegExp(`B04\\.tif: ${status}: .*next sync may bring another`));
        return true;
      });
    });

  it('takes the alternate of an address whose signature has expired', async () => {
    web.reset({ kind: 'status', status: 403 });
    web.manners = { ...web.manners, head: false };
    const assets = { B04: { href: `${web.url}/B04.tif?sig=old`, https: `${web.url}/B08.tif` } };
    assert.deepEqual(keysOf(await locate(assets, ['B04'])), [`${web.url}/B08.tif`]);
  });

  it('says what kind of address it does not know, and gives the scene back', async () => {
    const reference = PRODUCT.replace('T122156', 'T999999');
    for (const href of ['ftp://host/B04.jp2', 'file:///etc/passwd', 'http://169.254.169.254/B04.jp2'])
      await assert.rejects(locate({ B04: { href } }, ['B04'], reference), (error: Error) => {
        assert.ok(error instanceof AddressRefused, String(error));
        assert.ok(error.message.includes(href), error.message);
        return true;
      });
  });

  it('leaves it to another try when a server is down', async () => {
    web.reset();
    const gone: Assets = { B04: { href: 'http://127.0.0.1:1/B04.tif' } };
    await assert.rejects(locate(gone, ['B04']), StoreFailure);
  });

  it('goes by the layout where an alternate can not be asked, and tries again where nothing is found so', async () => {
    const gone = { https: 'http://127.0.0.1:1/B04.tif' };
    const assets = { B04: { href: `s3://elsewhere/${KEYS.B04}`, ...gone } };
    assert.deepEqual(keysOf(await locate(assets, ['B04'])), [KEYS.B04]);
    const reference = PRODUCT.replace('T122156', 'T999999');
    await assert.rejects(locate(assets, ['B04'], reference), StoreFailure);
  });

  it("finds the product's metadata beside its granule, and none of files elsewhere", async () => {
    const metadataOf = async (assets: Assets) => {
      const key = scene(assets);
      return (await s2.radiometry!.locate(key, await s2.locate(key, ['B04'], 'api', store), store))?.key;
    };
    assert.equal(await metadataOf(inBucket('eodata')), `s3://eodata/${METADATA}`);
    assert.equal(await metadataOf({}), METADATA);
    assert.equal(await metadataOf(onWeb()), undefined);
    assert.equal(
      await metadataOf(inBucket('eodata', { offsetApplied: true })),
      undefined,
      'the pixels are not as it tells',
    );
  });
});
