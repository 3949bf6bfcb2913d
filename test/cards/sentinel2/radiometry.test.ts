import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { BandSource } from '../../../cards/card.js';
import { readRadiometry as readOf } from '../../../cards/sentinel2/radiometry.js';
import type { BandAsset } from '../../../cards/band-asset.js';

const NEW = 'S2B_MSIL2A_20240623T104619_N0510_R051_T31UFS_20240623T122156.SAFE';
const OLD = 'S2A_MSIL2A_20240304T104851_N0214_R051_T31UFS_20240304T143200.SAFE';

/** Bands found by the layout of keys, of which no STAC item says anything. */
const readRadiometry = (reference: string, metadata: string | undefined) =>
  readOf({ reference }, [], metadata);

const bandsAt = (assets: Readonly<Record<string, Partial<BandAsset> | undefined>>): BandSource[] =>
  Object.entries(assets).map(([band, asset]) => ({
    ...{ band, objects: [], rasterBand: 1, classes: band === 'SC' },
    asset: asset && { href: `https://cogs.example.org/${band}.tif`, ...asset },
  }));

/** Bands found by a STAC item's addresses. */
function readListed(
  reference: string,
  asset: Partial<BandAsset>,
  { metadata = undefined as string | undefined, baseline = undefined as string | undefined } = {},
) {
  const sources = bandsAt({ B04: asset, B08: asset, SC: asset });
  return readOf({ reference, assets: { bands: {}, baseline } }, sources, metadata);
}

/** The part of a MTD_MSIL2A.xml that tells the radiometry. */
function metadata(
  offsets: readonly (readonly [id: number, offset: number | string])[],
  quantification: number | string = 10000,
  baseline = '05.10',
): string {
  const list = offsets
    .map(([id, offset]) => `<BOA_ADD_OFFSET band_id="${id}">${offset}</BOA_ADD_OFFSET>`)
    .join('\n');
  return `<n1:General_Info xmlns:n1="x"><PROCESSING_BASELINE>${baseline}</PROCESSING_BASELINE>
    <BOA_QUANTIFICATION_VALUE unit="none">${quantification}</BOA_QUANTIFICATION_VALUE>
    <BOA_ADD_OFFSET_VALUES_LIST>${list}</BOA_ADD_OFFSET_VALUES_LIST></n1:General_Info>`;
}

/** An offset for every band, as products since 04.00 list them. */
const listOf = (offset: number) => Array.from({ length: 13 }, (_, id) => [id, offset] as const);

describe('readRadiometry', () => {
  it('takes each band by its own offset, numbered by ESA with B8A between B08 and B09', () => {
    const list = listOf(-1000).map(([id, offset]) => [id, offset + 10 * id] as const);
    const { baseline, source, offsets, scales, contradictions } = readRadiometry(NEW, metadata(list));
    assert.deepEqual([baseline, source, scales.B04, contradictions], ['05.10', 'metadata', 1, []]);
    assert.deepEqual([offsets.B04, offsets.B08, offsets.B8A, offsets.B09], [-970, -930, -920, -910]);
  });

  for (const [how, change] of [
    ['single quotes', (xml: string) => xml.replaceAll('"', "'")],
    ['other attributes before', (xml: string) => xml.replaceAll(' band_id=', ' unit="none" band_id=')],
    ['other attributes behind', (xml: string) => xml.replaceAll(/(band_id="\d+")/g, '$1 unit="none"')],
    [
      'blanks and line ends',
      (xml: string) => xml.replaceAll('>-1000<', '>\n   -1000\n<').replaceAll('="', ' = "'),
    ],
    ['a prefix', (xml: string) => xml.replaceAll(/(<\/?)BOA/g, '$1n1:BOA')],
    ['a decimal point', (xml: string) => xml.replaceAll('-1000', '-1000.0')],
    ['CDATA and comments', (xml: string) => xml.replaceAll('>-1000<', '><!-- < -->-1000<')],
  ] as const) {
    it(`reads offsets that are written with ${how}`, () => {
      const { offsets, source, contradictions } = readRadiometry(NEW, change(metadata(listOf(-1000))));
      assert.deepEqual([offsets.B04, offsets.B12, source, contradictions], [-1000, -1000, 'metadata', []]);
    });
  }

  it('goes by the baseline where metadata since 04.00 list no offset, or not all, and says so', () => {
    for (const list of [[], listOf(-1000).filter(([id]) => id !== 3)]) {
      const { source, offsets, contradictions } = readOf(
        { reference: NEW },
        bandsAt({ B04: undefined, SC: undefined }),
        metadata(list),
      );
      assert.deepEqual([source, offsets.B04], ['metadata', -1000]);
      assert.deepEqual(contradictions, [
        'the metadata, of baseline 05.10, list no offset; -1000 is taken, by the baseline (B04)',
      ]);
    }
  });

  for (const [baseline, offset] of [
    ['03.99', 0],
    ['04.00', -1000],
    ['04.01', -1000],
    ['99.99', 0],
  ] as const) {
    it(`takes ${offset} where metadata of ${baseline} list none`, () => {
      const name = NEW.replace('N0510', `N${baseline.replace('.', '')}`);
      const { offsets, contradictions } = readRadiometry(name, metadata([], 10000, baseline));
      assert.deepEqual([offsets.B04, contradictions.length], [offset, offset === 0 ? 0 : 1]);
    });
  }

  for (const [baseline, offset] of [
    ['0399', 0],
    ['0400', -1000],
    ['0401', -1000],
  ] as const) {
    it(`takes ${offset} for N${baseline} without metadata`, () => {
      const name = NEW.replace('N0510', `N${baseline}`);
      const { offsets, source, contradictions } = readRadiometry(name, undefined);
      assert.deepEqual([offsets.B04, source, contradictions], [offset, 'name', []]);
      const carries = readListed(name, { scale: 0.0001, offset: -0.1 });
      assert.deepEqual([carries.offsets.B04, carries.contradictions.length], [offset, offset === 0 ? 1 : 0]);
    });
  }

  it('believes a list of offsets that its baseline should not have, and says so', () => {
    const { offsets, contradictions } = readRadiometry(OLD, metadata(listOf(-1000), 10000, '02.14'));
    assert.equal(offsets.B04, -1000);
    assert.match(
      contradictions.join(),
      /list an offset of -1000, though baseline 02\.14 has none; it is taken/,
    );
  });

  it('compares the baselines of metadata, name and STAC item, and believes them in this order', () => {
    const xml = metadata(listOf(-1000), 10000, '05.11');
    const { baseline, contradictions } = readListed(NEW, {}, { metadata: xml, baseline: '02.14' });
    assert.equal(baseline, '05.11');
    assert.deepEqual(contradictions, [
      'the processing baseline is 05.11 by the metadata, 05.10 by the name, 02.14 by the item; the metadata is believed',
    ]);
    const without = readListed(NEW, {}, { baseline: '02.14' });
    assert.deepEqual([without.baseline, without.offsets.B04], ['05.10', -1000]);
    assert.match(
      without.contradictions.join(),
      /05\.10 by the name, 02\.14 by the item; the name is believed/,
    );
    assert.deepEqual(readListed(NEW, {}, { baseline: '05.10' }).contradictions, []);
  });

  for (const [what, xml] of [
    ['not well-formed', '<a><BOA_QUANTIFICATION_VALUE>10000</a>'],
    ["no Level-2A product's", '<a><QUANTIFICATION_VALUE>10000</QUANTIFICATION_VALUE></a>'],
    ['without a quantification', metadata(listOf(-1000), '')],
    ['of a quantification of 0', metadata(listOf(-1000), 0)],
    ['of an offset that is no number', metadata([[3, 'none']])],
    ['of a band there is not', metadata([[13, -1000]])],
    [
      'of two offsets of a band',
      metadata([
        [3, -1000],
        [3, 0],
      ]),
    ],
    ['too large', `<a>${' '.repeat(600_000)}</a>`],
  ] as const) {
    it(`does not believe metadata that are ${what}, goes by the name, and says so`, () => {
      const { source, offsets, contradictions } = readRadiometry(NEW, xml);
      assert.deepEqual([source, offsets.B04, contradictions.length], ['name', -1000, 1]);
      assert.match(contradictions[0]!, /^the metadata can't be believed: the file /);
    });
  }

  it('is done with hostile metadata in milliseconds', () => {
    const began = performance.now();
    for (const part of [
      '<BOA_QUANTIFICATION_VALUE ',
      '<BOA_ADD_OFFSET band_id="3"',
      '<PROCESSING_BASELINE>\n',
    ])
      readRadiometry(NEW, `<a>BOA_QUANTIFICATION_VALUE${part.repeat(500_000 / part.length)}`);
    assert.ok(performance.now() - began < 2000);
  });

  it('scales other quantification values to ten thousand a unit of reflectance', () => {
    assert.equal(readRadiometry(NEW, metadata(listOf(-1000), 1000)).scales.B04, 10);
  });

  it('goes by the baseline in the name without metadata, never by the date of sensing', () => {
    assert.deepEqual(
      [readRadiometry(NEW, undefined).offsets.B04, readRadiometry(NEW, undefined).source],
      [-1000, 'name'],
    );
    const early = 'S2A_MSIL2A_20170304T104851_N0500_R051_T31UFS_20230304T143200.SAFE';
    assert.equal(readRadiometry(early, undefined).offsets.B08, -1000);
    assert.equal(readRadiometry(OLD, undefined).offsets.B08, 0);
    assert.equal(readRadiometry(OLD, undefined).baseline, '02.14');
  });

  it("takes an item's scale and offset in digital numbers, of each band", () => {
    const { source, offsets, scales, contradictions } = readListed(NEW, { scale: 0.0001, offset: -0.1 });
    assert.deepEqual(
      [source, offsets.B04, offsets.B08, offsets.SC, scales.B04, contradictions],
      ['item', -1000, -1000, undefined, 1, []],
    );
    assert.equal(readListed(NEW, { scale: 0.001, offset: -0.1 }).scales.B08, 10);
    assert.equal(readListed(NEW, { scale: 0.0001 }).source, 'name', 'half of it is none');
    const differing = bandsAt({ B04: { scale: 0.0001, offset: -0.1 }, B08: { scale: 0.001, offset: -0.7 } });
    const { offsets: own, scales: ownScales } = readOf({ reference: NEW }, differing, undefined);
    assert.deepEqual([own.B04, own.B08, ownScales.B04, ownScales.B08], [-1000, -700, 1, 10]);
  });

  it("believes the metadata of ESA's file before the item, and says where they differ", () => {
    const asset = { scale: 0.001, offset: -0.9 };
    const { source, offsets, scales, contradictions } = readListed(NEW, asset, {
      metadata: metadata(listOf(-1000)),
    });
    assert.deepEqual([source, offsets.B04, scales.B04], ['metadata', -1000, 1]);
    assert.match(
      contradictions.join('\n'),
      /tells an offset of -900; -1000 is taken, by the metadata \(B04, B08\)/,
    );
    assert.match(contradictions.join('\n'), /tells a scale of 0\.001; 0\.0001 is taken, by the metadata/);
  });

  it('finds no offset in pixels that have it taken in, whatever the item says', () => {
    const { source, offsets, scales, baseline } = readListed(NEW, {
      ...{ scale: 0.0001, offset: -0.1, offsetApplied: true },
    });
    assert.deepEqual([source, offsets.B04, scales.B04, baseline], ['pixels', 0, 1, '05.10']);
  });

  it('takes the fact that an offset is taken in of the file that it belongs to only', () => {
    const numbers = { scale: 0.0001, offset: -0.1 };
    const sources = bandsAt({
      B04: { ...numbers, offsetApplied: true },
      B08: { ...numbers, href: 's3://tiles/B08.jp2', offsetApplied: false },
    });
    const { source, offsets } = readOf({ reference: NEW }, sources, undefined);
    assert.deepEqual([source, offsets.B04, offsets.B08], ['pixels and item', 0, -1000]);
  });

  it('does not believe an item that tells of an offset before there was one, and says so', () => {
    const { source, offsets, contradictions } = readListed(OLD, { scale: 0.0001, offset: -0.1 });
    assert.deepEqual([source, offsets.B04], ['name', 0]);
    assert.match(
      contradictions.join(),
      /tells an offset of -1000, though baseline 02\.14 has none; 0 is taken \(B04, B08\)/,
    );
  });

  it("goes by the baseline where an item tells no offset of ESA's own files since, and by the item of others", () => {
    const asset = { scale: 0.0001, offset: 0 };
    const esa = readListed(NEW, { ...asset, href: 's3://tiles/B04.jp2' });
    assert.deepEqual([esa.offsets.B04, esa.source, esa.contradictions.length], [-1000, 'name', 1]);
    const other = readListed(NEW, asset);
    assert.deepEqual([other.offsets.B04, other.source, other.contradictions.length], [0, 'item', 1]);
  });

  it('has no offset for class maps and the atmosphere', () => {
    const { offsets } = readRadiometry(NEW, undefined);
    assert.deepEqual([offsets.SC, offsets.AOT, offsets.WVP], [undefined, undefined, undefined]);
  });

  const shared = join(process.env.PARCELWISE_SHARED ?? '../shared', 'data/stac/metadata');
  it("reads ESA's own metadata", { skip: existsSync(shared) ? false : 'no shared data here' }, () => {
    const of = (product: string, file = 'MTD_MSIL2A.xml') =>
      readRadiometry(product, readFileSync(join(shared, product, file), 'utf8'));
    const before = of('S2A_MSIL2A_20190212T192651_N0212_R013_T07HFE_20201007T160857');
    assert.deepEqual([before.baseline, before.source, before.offsets.B04], ['02.12', 'metadata', 0]);
    const since = of('S2A_MSIL2A_20221005T115411_N0400_R023_T29UNU_20221005T164454');
    assert.deepEqual([since.baseline, since.offsets.B04, since.scales.B04], ['04.00', -1000, 1]);
    const odd = of('S2A_OPER_MSI_L2A_TL_VGS1_20220401T110010_A035382_T34LBQ', 'product_metadata.xml');
    assert.deepEqual([odd.baseline, odd.offsets.B08], ['04.00', -7000]);
  });
});
