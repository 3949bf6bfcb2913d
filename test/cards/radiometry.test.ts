import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { BandSource } from '../../cards/card.js';
import { readRadiometry as readOf } from '../../cards/radiometry.js';
import type { ToldPlace } from '../../cards/told.js';

const NEW = 'S2B_MSIL2A_20240623T104619_N0510_R051_T31UFS_20240623T122156.SAFE';
const OLD = 'S2A_MSIL2A_20240304T104851_N0214_R051_T31UFS_20240304T143200.SAFE';

/** Bands found by the layout of keys, of which no catalogue has told anything. */
const readRadiometry = (reference: string, metadata: string | undefined) =>
  readOf({ reference }, [], metadata);

/** Bands found by a catalogue's addresses. */
function readTold(reference: string, told: Partial<ToldPlace>, offsetApplied: boolean | null = null) {
  const place: ToldPlace = { href: 'https://cogs.example.org/B.tif', ...told };
  const sources = ['B04', 'B08', 'SC'].map((band): BandSource => {
    return { band, objects: [], rasterBand: 1, classes: band === 'SC', told: place };
  });
  return readOf({ reference, told: { places: { B04: place }, offsetApplied } }, sources, undefined);
}

/** The part of a MTD_MSIL2A.xml that tells the radiometry. */
function metadata(offsets: readonly [id: number, offset: number][], quantification = 10000): string {
  const list = offsets
    .map(([id, offset]) => `<BOA_ADD_OFFSET band_id="${id}">${offset}</BOA_ADD_OFFSET>`)
    .join('\n');
  return `<n1:General_Info><PROCESSING_BASELINE>05.10</PROCESSING_BASELINE>
    <BOA_QUANTIFICATION_VALUE unit="none">${quantification}</BOA_QUANTIFICATION_VALUE>
    <BOA_ADD_OFFSET_VALUES_LIST>${list}</BOA_ADD_OFFSET_VALUES_LIST></n1:General_Info>`;
}

describe('readRadiometry', () => {
  it('takes each band by its own offset, numbered by ESA with B8A between B08 and B09', () => {
    const { baseline, source, offsets, scale } = readRadiometry(
      NEW,
      metadata([
        [3, -1000],
        [7, -900],
        [8, -800],
        [9, -700],
      ]),
    );
    assert.deepEqual([baseline, source, scale], ['05.10', 'metadata', 1]);
    assert.deepEqual([offsets.B04, offsets.B08, offsets.B8A, offsets.B09], [-1000, -900, -800, -700]);
  });

  it('finds no offset where the metadata list none, whatever the name says', () => {
    const { source, offsets } = readRadiometry(NEW, metadata([]));
    assert.deepEqual([source, offsets.B04], ['metadata', 0]);
  });

  it('scales other quantification values to ten thousand a unit of reflectance', () => {
    assert.equal(readRadiometry(NEW, metadata([], 1000)).scale, 10);
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

  it("takes a catalogue's scale and offset in digital numbers", () => {
    const { source, offsets, scale } = readTold(NEW, { scale: 0.0001, offset: -0.1 });
    assert.deepEqual(
      [source, offsets.B04, offsets.B08, offsets.SC, scale],
      ['item', -1000, -1000, undefined, 1],
    );
    assert.deepEqual(readTold(NEW, { scale: 0.001, offset: -0.1 }).scale, 10);
    assert.equal(readTold(NEW, { scale: 0.0001 }).source, 'name', 'half of it is none');
  });

  it('finds no offset in pixels that have it taken in, whatever the item says', () => {
    const { source, offsets, scale, baseline } = readTold(NEW, { scale: 0.0001, offset: -0.1 }, true);
    assert.deepEqual([source, offsets.B04, scale, baseline], ['pixels', 0, 1, '05.10']);
  });

  it('does not believe an item that tells of an offset before there was one', () => {
    const { source, offsets } = readTold(OLD, { scale: 0.0001, offset: -0.1 }, false);
    assert.deepEqual([source, offsets.B04], ['name', 0]);
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
    assert.deepEqual([since.baseline, since.offsets.B04, since.scale], ['04.00', -1000, 1]);
    const odd = of('S2A_OPER_MSI_L2A_TL_VGS1_20220401T110010_A035382_T34LBQ', 'product_metadata.xml');
    assert.deepEqual([odd.baseline, odd.offsets.B08], ['04.00', -7000]);
  });
});
