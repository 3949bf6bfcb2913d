import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SceneIncomplete } from '../../cards/card.js';
import { s2 } from '../../cards/s2.js';
import { keysOf, locateIn } from './tree.js';

const PRODUCT = 'S2B_MSIL2A_20240623T104619_N0510_R051_T31UFS_20240623T122156';
const DAY = '2024/06/23';
const GRANULE = 'GRANULE/L2A_T31UFS_A038122_20240623T105011';
const IMAGES = [
  'R10m/T31UFS_20240623T104619_B04_10m.jp2',
  'R10m/T31UFS_20240623T104619_B08_10m.jp2',
  'R20m/T31UFS_20240623T104619_B04_20m.jp2',
  'R20m/T31UFS_20240623T104619_B8A_20m.jp2',
  'R20m/T31UFS_20240623T104619_SCL_20m.jp2',
  'R60m/T31UFS_20240623T104619_SCL_60m.jp2',
];
/** Objects of a product that are not images of bands, some of which sort before them. */
const OTHERS = [
  'MTD_MSIL2A.xml',
  `${GRANULE}/AUX_DATA/AUX_ECMWFT`,
  `${GRANULE}/MTD_TL.xml`,
  `${GRANULE}/QI_DATA/MSK_B04_10m.jp2`,
];

function product(root: string, folder: string, images: readonly string[] = IMAGES): string[] {
  const base = `Sentinel-2/MSI/${root}/${DAY}/${folder}`;
  return [...OTHERS, ...images.map((image) => `${GRANULE}/IMG_DATA/${image}`)].map((key) => `${base}/${key}`);
}

// The catalogue's obstime may be another day's than the datatake that names the folder.
const scene = (reference: string) => ({ reference, obstime: '2024-06-24T00:00:10' });
const names = (keys: string[]): string[] => keys.map((key) => key.slice(key.lastIndexOf('/') + 1));

describe('card s2', () => {
  it('finds the bands at their native resolution, whatever lies beside them', async () => {
    const found = await locateIn(product('L2A', `${PRODUCT}.SAFE`), s2, scene(`${PRODUCT}.SAFE`), [
      'B04',
      'B8A',
      'SC',
    ]);
    assert.deepEqual(names(keysOf(found)), [
      'T31UFS_20240623T104619_B04_10m.jp2',
      'T31UFS_20240623T104619_B8A_20m.jp2',
      'T31UFS_20240623T104619_SCL_20m.jp2',
    ]);
    assert.deepEqual(
      found.map(({ rasterBand, classes }) => [rasterBand, classes]),
      [
        [1, false],
        [1, false],
        [1, true],
      ],
    );
  });

  for (const [reference, folder] of [
    [PRODUCT, `${PRODUCT}.SAFE`],
    [`${PRODUCT}.SAFE`, PRODUCT],
    [PRODUCT, PRODUCT],
  ] as const) {
    it(`finds ${folder.slice(-5)} by a reference that ends in ${reference.slice(-5)}`, async () => {
      assert.equal((await locateIn(product('L2A', folder), s2, scene(reference))).length, 3);
    });
  }

  for (const root of ['L2A_N0400', 'L2A_N0500', 'L2A_N0510']) {
    it(`finds products below ${root}`, async () => {
      const keys = keysOf(await locateIn(product(root, `${PRODUCT}.SAFE`), s2, scene(PRODUCT)));
      assert.ok(keys.every((key) => key.startsWith(`Sentinel-2/MSI/${root}/`)));
    });
  }

  it("prefers the root of the reference's own baseline", async () => {
    const reference = PRODUCT.replace('N0510', 'N0500');
    const keys = ['L2A', 'L2A_N0500'].flatMap((root) => product(root, `${reference}.SAFE`));
    const found = keysOf(await locateIn(keys, s2, scene(reference)));
    assert.ok(found.every((key) => key.includes('/L2A_N0500/')));
  });

  it('finds the files of 2017 and 2018, whose names begin with L2A_', async () => {
    const images = IMAGES.map((image) => image.replace('/', '/L2A_'));
    const found = await locateIn(product('L2A', `${PRODUCT}.SAFE`, images), s2, scene(PRODUCT));
    assert.equal(names(keysOf(found))[0], 'L2A_T31UFS_20240623T104619_B04_10m.jp2');
  });

  for (const reference of [PRODUCT, PRODUCT.replace('L2A', 'L1C')]) {
    it(`finds SOBLOO's layout by ${reference.slice(4, 10)}`, async () => {
      const base = `S2B/L1C/${PRODUCT.replace('L2A', 'L1C')}/${PRODUCT}.SAFE`;
      const keys = IMAGES.map((image) => `${base}/${GRANULE}/IMG_DATA/${image}`);
      assert.equal(keysOf(await locateIn(keys, s2, scene(reference))).length, 3);
    });
  }

  const GRANULE_B = 'GRANULE/L2A_T31UFS_A038122_20240623T105017';
  const inGranules = (...granules: readonly (readonly [string, readonly string[]])[]): string[] =>
    granules.flatMap(([granule, images]) =>
      images.map((image) => `Sentinel-2/MSI/L2A/${DAY}/${PRODUCT}.SAFE/${granule}/IMG_DATA/${image}`),
    );

  it('refuses a product of two granules of its tile, naming both', async () => {
    for (const second of [IMAGES, IMAGES.slice(0, 1)]) {
      const keys = inGranules([GRANULE, IMAGES], [GRANULE_B, second]);
      await assert.rejects(locateIn(keys, s2, scene(PRODUCT)), (error: Error) => {
        assert.ok(error instanceof SceneIncomplete);
        assert.equal(error.status, 'bad_raster');
        assert.match(
          error.message,
          /2 granules of tile T31UFS.*A038122_20240623T105011, L2A_T31UFS_A038122_20240623T105017/,
        );
        return true;
      });
    }
  });

  it('refuses bands that lie in two granules of the tile, one in each', async () => {
    const keys = inGranules([GRANULE, IMAGES.slice(0, 1)], [GRANULE_B, IMAGES.slice(1)]);
    await assert.rejects(locateIn(keys, s2, scene(PRODUCT)), { status: 'bad_raster' });
  });

  it('takes a granule without images of the bands for none', async () => {
    const keys = inGranules([GRANULE_B, ['R60m/T31UFS_20240623T104619_B01_60m.jp2']], [GRANULE, IMAGES]);
    assert.ok(keysOf(await locateIn(keys, s2, scene(PRODUCT))).every((key) => key.includes(GRANULE)));
  });

  it('picks the granule of its tile where a product of old has many, and none of another tile', async () => {
    const other = (name: string): string => name.replaceAll('T31UFS', 'T31UES');
    const others = inGranules([other(GRANULE), IMAGES.map(other)]);
    const keys = [...others, ...inGranules([GRANULE, IMAGES])];
    assert.ok(keysOf(await locateIn(keys, s2, scene(PRODUCT))).every((key) => key.includes(GRANULE)));
    await assert.rejects(locateIn(others, s2, scene(PRODUCT)), {
      ...{ status: 'B04 notfound', message: /no _B04_10m\.jp2 of T31UFS among its 6 images/ },
    });
    const unnamed = (image: string): string => image.replace('T31UFS_', 'x_');
    const byFolder = inGranules([other(GRANULE), IMAGES.map(unnamed)], [GRANULE, IMAGES.map(unnamed)]);
    assert.ok(keysOf(await locateIn(byFolder, s2, scene(PRODUCT))).every((key) => key.includes(GRANULE)));
  });

  it('refuses two images of a band in one granule, naming both', async () => {
    const doubled = [...IMAGES, IMAGES[0]!.replace('/', '/L2A_')];
    await assert.rejects(locateIn(product('L2A', `${PRODUCT}.SAFE`, doubled), s2, scene(PRODUCT)), {
      ...{ status: 'bad_raster', message: /2 images of B04.*L2A_T31UFS_.*_B04_10m\.jp2, T31UFS_/ },
    });
  });

  it('takes all bands of one copy, where the product lies there with and without .SAFE', async () => {
    const whole = product('L2A', PRODUCT);
    const both = [...product('L2A', `${PRODUCT}.SAFE`), ...whole];
    for (const [reference, folder] of [
      [PRODUCT, `/${PRODUCT}/`],
      [`${PRODUCT}.SAFE`, `/${PRODUCT}.SAFE/`],
    ] as const)
      assert.ok(keysOf(await locateIn(both, s2, scene(reference))).every((key) => key.includes(folder)));
    const partial = [...product('L2A', `${PRODUCT}.SAFE`, IMAGES.slice(0, 1)), ...whole];
    const found = keysOf(await locateIn(partial, s2, scene(`${PRODUCT}.SAFE`)));
    assert.ok(found.every((key) => key.includes(`/${PRODUCT}/`)));
  });

  it('goes on to another root where a copy lacks a band, and says what the first lacked where none is whole', async () => {
    const partial = product('L2A_N0510', `${PRODUCT}.SAFE`, IMAGES.slice(0, 1));
    const whole = product('L2A', `${PRODUCT}.SAFE`);
    const found = keysOf(await locateIn([...partial, ...whole], s2, scene(PRODUCT)));
    assert.ok(found.every((key) => key.includes('/L2A/')));
    const none = product('L2A', `${PRODUCT}.SAFE`, IMAGES.slice(1, 2));
    await assert.rejects(locateIn([...partial, ...none], s2, scene(PRODUCT)), { status: 'B08 notfound' });
  });

  it('takes no product whose name only begins like the reference', async () => {
    const keys = product('L2A', `${PRODUCT}_2.SAFE`);
    await assert.rejects(locateIn(keys, s2, scene(PRODUCT)), { status: 'S2_nopath' });
  });

  it('says S2_nopath where there is no granule, and where it looked', async () => {
    await assert.rejects(locateIn([], s2, scene(PRODUCT)), (error: Error) => {
      assert.ok(error instanceof SceneIncomplete);
      assert.equal(error.status, 'S2_nopath');
      assert.match(error.message, /Sentinel-2\/MSI\/L2A_N0510\/2024\/06\/23\/S2B_.*Sentinel-2\/MSI\/L2A\//);
      return true;
    });
    const [metadataOnly] = product('L2A', `${PRODUCT}.SAFE`);
    await assert.rejects(locateIn([metadataOnly!], s2, scene(PRODUCT)), { status: 'S2_nopath' });
  });

  it('says which band is missing, by the name the results would have had', async () => {
    const keys = product('L2A', `${PRODUCT}.SAFE`, IMAGES.slice(0, 1));
    await assert.rejects(locateIn(keys, s2, scene(PRODUCT)), { status: 'B08 notfound' });
    await assert.rejects(locateIn(keys, s2, scene(PRODUCT), ['B08'], 'scripts'), { status: 'B8 notfound' });
    await assert.rejects(locateIn(keys, s2, scene(PRODUCT), ['B04', 'SC']), { status: 'SC notfound' });
  });

  for (const reference of ['', 'nonsense', `../${PRODUCT}`, `${PRODUCT}/../x`]) {
    it(`says S2_nopath for the reference '${reference}'`, async () => {
      await assert.rejects(locateIn([], s2, scene(reference)), { status: 'S2_nopath' });
    });
  }

  it('knows bands by any of their names', () => {
    const spellings = {
      B4: 'B04',
      b04: 'B04',
      B8: 'B08',
      b8a: 'B8A',
      B11: 'B11',
      SCL: 'SC',
      sc: 'SC',
      WVP: 'WVP',
    };
    for (const [name, band] of Object.entries(spellings)) assert.equal(s2.parseBand(name), band);
    assert.throws(() => s2.parseBand('B10'), /card s2 has no band 'B10'; it has B01, B02/);
    assert.throws(() => s2.parseBand('toString'), /no band/);
  });

  it('writes band names of three characters at most', () => {
    for (const band of ['B01', 'B04', 'B8A', 'B11', 'SC', 'AOT', 'WVP']) {
      for (const preset of ['api', 'scripts'] as const) assert.ok(s2.bandName(band, preset).length <= 3);
    }
    assert.deepEqual(
      ['B04', 'B08', 'SC'].map((band) => s2.bandName(band, 'scripts')),
      ['B4', 'B8', 'SC'],
    );
    assert.deepEqual(
      ['B04', 'B08', 'SC'].map((band) => s2.bandName(band, 'api')),
      ['B04', 'B08', 'SC'],
    );
  });
});
