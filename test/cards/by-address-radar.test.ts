/** Sentinel-1 CARD scenes whose bands a STAC item tells the addresses of. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { bs } from '../../cards/bs.js';
import { c6 } from '../../cards/c6.js';
import type { CardType } from '../../cards/card.js';
import type { ObjectStore } from '../../store/object-store.js';
import type { WebServer } from '../store/web-server.js';
import { AddressedBands, type Assets, incomplete } from './addressed-bands.js';
import { keysOf } from './tree.js';

const BS = 'S1A_IW_GRDH_1SDV_20240304T172431_20240304T172456_052833_0664D9_3A51_CARD_BS';
const BS_FOLDER = `Sentinel-1/SAR/CARD-BS/2024/03/04/${BS}/${BS}.data`;
const C6 = 'S1A_20240306T055824_20240223T055825_DESC_CARD_COH6';
const C6_KEY = `Sentinel-1/SAR/CARD-COH6/2024/03/06/${C6}/${C6}.tif`;
const BS_FILES = ['Gamma0_VV.img', 'Gamma0_VV.hdr', 'Gamma0_VH.img', 'Gamma0_VH.hdr'];
const BS_KEYS = BS_FILES.map((name) => `${BS_FOLDER}/${name}`);

describe('Sentinel-1 scenes by the addresses of a STAC item', () => {
  let place: AddressedBands;
  let web: WebServer;
  let store: ObjectStore;
  before(async () => {
    place = await AddressedBands.open([...BS_KEYS, C6_KEY]);
    ({ web, store } = place);
  });
  after(() => place.close());
  beforeEach(() => {
    place.serve([...BS_FILES, 'VV.tif', 'VH.tif']);
  });

  const locate = (card: CardType, assets: Assets, bands = card.defaultBands) => {
    const [reference, obstime] = card === bs ? [BS, '2024-03-04T17:24:31'] : [C6, '2024-03-06T05:58:24'];
    return card.locate({ reference, obstime, assets: { bands: assets } }, bands, 'api', store);
  };
  const onWeb = (ending: string, query = ''): Assets =>
    Object.fromEntries(
      ['VV', 'VH'].map((band) => [
        band,
        { href: `${web.url}/${ending === 'img' ? 'Gamma0_' : ''}${band}.${ending}${query}` },
      ]),
    );

  it('has the header of each ENVI image from beside it, the image first', async () => {
    const sources = await locate(bs, onWeb('img'));
    assert.deepEqual(
      sources.map(({ band, objects }) => [band, ...objects.map(({ key }) => key.replace(web.url, ''))]),
      [
        ['VV', '/Gamma0_VV.img', '/Gamma0_VV.hdr'],
        ['VH', '/Gamma0_VH.img', '/Gamma0_VH.hdr'],
      ],
    );
    assert.ok(sources.every(({ asset }) => asset !== undefined));
    const signed = await locate(bs, onWeb('img', '?token=1'), ['VH']);
    assert.deepEqual(keysOf(signed), [
      `${web.url}/Gamma0_VH.img?token=1`,
      `${web.url}/Gamma0_VH.hdr?token=1`,
    ]);
  });

  it('says which image or header is not there', async () => {
    web.objects.delete('/Gamma0_VH.hdr');
    await assert.rejects(
      locate(bs, onWeb('img')),
      incomplete('No S3 VH hdr', /VH hdr: there is no http.*Gamma0_VH\.hdr/),
    );
    assert.equal((await locate(bs, onWeb('img'), ['VV'])).length, 1, 'VV is whole');
    web.objects.delete('/Gamma0_VV.img');
    await assert.rejects(locate(bs, onWeb('img')), incomplete('No S3 VV img', /Gamma0_VV\.img/));
    const only = { VV: { href: `${web.url}/VV.tif` } };
    await assert.rejects(locate(c6, only), incomplete('No S3 C6 img', /has no VH, only VV/));
  });

  it('takes GeoTIFFs of one polarisation each', async () => {
    for (const card of [bs, c6]) {
      const sources = await locate(card, onWeb('tif'));
      assert.deepEqual(keysOf(sources), [`${web.url}/VV.tif`, `${web.url}/VH.tif`]);
      assert.ok(sources.every(({ rasterBand, classes }) => rasterBand === 1 && !classes));
    }
  });

  it('takes both polarisations from one file', async () => {
    const href = `s3://eodata/${C6_KEY}`;
    const sources = await locate(c6, { VV: { href, rasterBand: 1 }, VH: { href, rasterBand: 2 } });
    assert.deepEqual(keysOf(sources), [href, href]);
    assert.deepEqual(
      sources.map(({ rasterBand }) => rasterBand),
      [1, 2],
    );
  });

  it('goes by the layout of keys where an s3:// address leads nowhere, and where there is no asset', async () => {
    const elsewhere = {
      VV: { href: 's3://elsewhere/Gamma0_VV.img' },
      VH: { href: 's3://elsewhere/Gamma0_VH.img' },
    };
    for (const assets of [elsewhere, {}]) {
      assert.deepEqual(keysOf(await locate(bs, assets)), BS_KEYS);
      assert.deepEqual(keysOf(await locate(c6, assets)), [C6_KEY, C6_KEY]);
    }
  });
});
