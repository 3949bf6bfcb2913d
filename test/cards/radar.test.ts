import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { bs } from '../../cards/bs.js';
import { c6 } from '../../cards/c6.js';
import { cardType } from '../../cards/card-types.js';
import { keysOf, locateIn } from './tree.js';

const BS = 'S1A_IW_GRDH_1SDV_20240304T172431_20240304T172456_052833_0664D9_3A51_CARD_BS';
const BS_FOLDER = `Sentinel-1/SAR/CARD-BS/2024/03/04/${BS}/${BS}.data`;
const BS_KEYS = ['Gamma0_VV.img', 'Gamma0_VV.hdr', 'Gamma0_VH.img', 'Gamma0_VH.hdr'].map(
  (name) => `${BS_FOLDER}/${name}`,
);
const C6 = 'S1A_20240306T055824_20240223T055825_DESC_CARD_COH6';
const C6_FOLDER = `Sentinel-1/SAR/CARD-COH6/2024/03/06/${C6}`;

describe('card bs', () => {
  const scene = { reference: BS, obstime: '2024-03-04T17:24:31' };

  it('finds image and header of each polarisation, the image first', async () => {
    assert.deepEqual(keysOf(await locateIn(BS_KEYS, bs, scene)), BS_KEYS);
    assert.deepEqual(keysOf(await locateIn(BS_KEYS, bs, scene, ['VH'])), BS_KEYS.slice(2));
  });

  // In the order CbM's scripts look for them: with several missing, the first one gives the word.
  const words = ['No S3 VV img', 'No S3 VV hdr', 'No S3 VH img', 'No S3 VH hdr'];
  for (const [i, status] of words.entries()) {
    it(`says '${status}'`, async () => {
      const without = BS_KEYS.filter((_, at) => at !== i);
      await assert.rejects(locateIn(without, bs, scene), { status });
      await assert.rejects(locateIn(BS_KEYS.slice(0, i), bs, scene), { status });
    });
  }

  it('looks in the folder of obstime', async () => {
    const other = { reference: BS, obstime: '2024-03-05T00:00:00' };
    await assert.rejects(locateIn(BS_KEYS, bs, other), { status: 'No S3 VV img' });
  });

  it('looks nowhere for a reference that is no name', async () => {
    const wrong = { reference: '../../x', obstime: scene.obstime };
    await assert.rejects(locateIn(BS_KEYS, bs, wrong), { status: 'No S3 VV img' });
  });

  it("names bands by the API's names or the scripts'", () => {
    assert.deepEqual([bs.bandName('VV', 'api'), bs.bandName('VH', 'scripts')], ['VVb', 'VH']);
    assert.deepEqual(
      ['VVb', 'vh', 'VV'].map((name) => bs.parseBand(name)),
      ['VV', 'VH', 'VV'],
    );
    assert.throws(() => bs.parseBand('VVc'), /card bs has no band 'VVc'; it has VV, VH/);
  });
});

describe('card c6', () => {
  const scene = { reference: C6, obstime: '2024-03-06T05:58:24' };

  it('finds both polarisations in one file', async () => {
    const found = await locateIn([`${C6_FOLDER}/${C6}.tif`], c6, scene);
    assert.deepEqual(keysOf(found), [`${C6_FOLDER}/${C6}.tif`, `${C6_FOLDER}/${C6}.tif`]);
    assert.deepEqual(
      found.map(({ band, rasterBand }) => [band, rasterBand]),
      [
        ['VV', 1],
        ['VH', 2],
      ],
    );
  });

  it("says 'C6_nopath' where there is nothing, 'No S3 C6 img' where there is something else", async () => {
    await assert.rejects(locateIn([], c6, scene), { status: 'C6_nopath' });
    await assert.rejects(locateIn([`${C6_FOLDER}/${C6}.xml`], c6, scene), { status: 'No S3 C6 img' });
    await assert.rejects(locateIn([`${C6_FOLDER}x/${C6}.tif`], c6, scene), { status: 'C6_nopath' });
  });

  it("names bands by the API's names or the scripts'", () => {
    assert.deepEqual([c6.bandName('VV', 'api'), c6.bandName('VH', 'scripts')], ['VVc', 'VH']);
    assert.deepEqual(
      ['VVc', 'vh'].map((name) => c6.parseBand(name)),
      ['VV', 'VH'],
    );
    assert.throws(() => c6.parseBand('VVb'), /it has VV, VH/);
  });
});

describe('the index of CARD types', () => {
  it('knows each by its code, and says which there are', () => {
    for (const code of ['s2', 'bs', 'c6']) assert.equal(cardType(code).code, code);
    assert.throws(() => cardType('c1'), /there is no card 'c1'; there are s2, bs, c6/);
  });
});
