import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { orbitOf, orbitTold } from '../../cards/orbit.js';
import { radarOrbit } from '../../cards/radar-orbit.js';
import { opticalOrbit } from '../../cards/sentinel2/orbit.js';

const rulesOf = (reference: string) => (reference.startsWith('S1') ? radarOrbit : opticalOrbit);

/** The relative orbit and the pass, each behind its source. */
function told(reference: string, properties: Readonly<Record<string, unknown>> = {}, longitude?: number) {
  const { relative, pass } = orbitOf(rulesOf(reference), reference, orbitTold(properties), longitude);
  return [relative && `${relative.source}: ${relative.value}`, pass && `${pass.source}: ${pass.value}`];
}

/** A Sentinel-1 name of a satellite, a day and an absolute orbit. */
const radar = (satellite: string, day: string, absolute: number): string =>
  `${satellite}_IW_GRDH_1SDV_${day}T041137_${day}T041202_${String(absolute).padStart(6, '0')}_06574A_9703_CARD_BS`;

describe('the orbit of a Sentinel-1 scene', () => {
  it('follows from the absolute orbit in its name', () => {
    // As Copernicus Data Space tells it of this product: orbitNumber 52433, relativeOrbitNumber 36.
    assert.deepEqual(told('S1A_IW_GRDH_1SDV_20240206T041137_20240206T041202_052433_06574A_9703_CARD_BS'), [
      'name: 36',
      undefined,
    ]);
    // As the manifests of these two say.
    assert.deepEqual(told(radar('S1A', '20250313', 58282)), ['name: 110', undefined]);
    assert.deepEqual(told(radar('S1D', '20260313', 2389)), ['name: 73', undefined]);
    // S1A and S1B shared the tracks: one frame, 12 days of theirs apart by whole cycles.
    assert.equal(told(radar('S1B', '20171117', 8315))[0], told(radar('S1A', '20150526', 6086))[0]);
  });

  it('follows by another constant for S1C before its move of June 2026 and after it', () => {
    assert.equal(told(radar('S1C', '20250331', 1681))[0], 'name: 110');
    assert.equal(told(radar('S1C', '20260608', 8018))[0], 'name: 147');
    assert.equal(told(radar('S1C', '20260624', 8260))[0], `name: ${((8260 - 99) % 175) + 1}`);
  });

  it('is unknown of S1C on its way, unless an item tells it', () => {
    const name = radar('S1C', '20260623', 8240);
    assert.deepEqual(told(name), [undefined, undefined]);
    assert.equal(told(name, { 'sat:relative_orbit': 44 })[0], 'item: 44');
    assert.equal(told(name, { 'sat:absolute_orbit': 8240 })[0], undefined);
  });

  it('runs from 1 to 175 without a gap', () => {
    const orbits = Array.from({ length: 351 }, (_, i) => told(radar('S1A', '20140410', 1 + i))[0]);
    assert.equal(orbits[72], 'name: 1');
    assert.equal(orbits[71], 'name: 175');
    assert.equal(new Set(orbits).size, 175);
    assert.equal(orbits[350], orbits[0]);
  });

  it('is unknown of coherence by its name, which bears the pass', () => {
    assert.deepEqual(told('S1A_20240306T055824_20240223T055825_DESC_CARD_COH6'), [
      undefined,
      'name: descending',
    ]);
    assert.deepEqual(told('S1C_20250304T172431_20250226T172431_ASC_CARD_COH6', {}, -170), [
      undefined,
      'name: ascending',
    ]);
  });

  it('passes northwards by evening and southwards by morning, where the scene is', () => {
    const morning = 'S1A_IW_GRDH_1SDV_20240206T041137_20240206T041202_052433_06574A_9703_CARD_BS';
    // Copernicus Data Space: orbitDirection DESCENDING, at 31 degrees east.
    assert.equal(told(morning, {}, 31)[1], 'time: descending');
    assert.equal(told(morning, { orbitDirection: 'DESCENDING' }, 31)[1], 'item: descending');
    // The same hour of UTC is evening on the other side of the earth.
    assert.equal(told(morning, {}, -149)[1], 'time: ascending');
    assert.equal(told(morning, {}, 179)[1], 'time: ascending');
  });
});

describe('the orbit of a Sentinel-2 scene', () => {
  it('stands in its name, and is that of its item', () => {
    const item = { 'sat:orbit_state': 'descending', 'sat:absolute_orbit': 15891, 'sat:relative_orbit': 135 };
    const name = 'S2B_MSIL2A_20200322T074609_N0500_R135_T36NYH_20230612T214223.SAFE';
    assert.deepEqual(told(name), ['name: 135', 'mission: descending']);
    assert.deepEqual(told(name, item), ['item: 135', 'item: descending']);
    assert.deepEqual(told('S2C_MSIL2A_20260527T014651_N0512_R017_T55WFR_20260527T042005'), [
      'name: 17',
      undefined,
    ]);
    const old = 'S2A_OPER_PRD_MSIL2A_PDMC_20160308T090616_R094_V20160305T110109_20160305T110109';
    assert.deepEqual(told(old), ['name: 94', undefined]);
  });

  it('has no pass by its name near the poles, where both ways lie in daylight', () => {
    // ESA's metadata of this product, on Spitsbergen: SENSING_ORBIT_DIRECTION ASCENDING.
    const spitsbergen = 'S2B_MSIL2A_20220413T150759_N0400_R025_T33XWJ_20220414T082126.SAFE';
    assert.deepEqual(told(spitsbergen), ['name: 25', undefined]);
    assert.deepEqual(told(spitsbergen, { 'sat:orbit_state': 'ascending' })[1], 'item: ascending');
  });

  it('is not reckoned from the absolute orbit, whose constants change unannounced', () => {
    const item = { 'sentinel2:absolute_orbit_number': 42412 };
    assert.equal(told('S2A_OPER_MSI_L2A_TL_2APS_20230806T022123_A042412_T60VXH', item)[0], undefined);
  });

  it('is unknown where the number is beyond the cycle', () => {
    assert.equal(told('S2A_MSIL2A_20230625T234621_N0509_R144_T01WCP_20230626T022157')[0], undefined);
    assert.equal(told('S2A_MSIL2A_20230625T234621_N0509_R000_T01WCP_20230626T022157')[0], undefined);
    assert.equal(told('S2A_MSIL2A_20230625T234621_N0509_R143_T01WCP_20230626T022157')[0], 'name: 143');
  });
});

describe('what an item tells of an orbit', () => {
  const name = 'S2A_MSIL2A_20230625T234621_N0509_R073_T31UFS_20230626T022157';

  it('is believed before the name, with a word about the contradiction', () => {
    const orbit = orbitOf(opticalOrbit, name, { relative: 74, pass: 'ascending' });
    assert.deepEqual(orbit.relative, { value: 74, source: 'item' });
    assert.deepEqual(orbit.contradictions, [
      'the relative orbit is 74 by the STAC item and 73 by the name; the item is believed',
      'the pass is ascending by the STAC item and descending by the mission; the item is believed',
    ]);
    assert.deepEqual(orbitOf(opticalOrbit, name, { relative: 73 }).contradictions, []);
  });

  it('is understood by the fields of STAC, old and new, and those of Copernicus Data Space', () => {
    const odata = { orbitNumber: 52433, orbitDirection: 'DESCENDING', relativeOrbitNumber: 36 };
    assert.deepEqual(orbitTold(odata), { relative: 36, absolute: 52433, pass: 'DESCENDING' });
    const old = { 'sentinel2:orbit_direction': 'DESCENDING', 'sentinel2:relative_orbit_number': 87 };
    assert.deepEqual(told(name, old), ['item: 87', 'item: descending']);
    assert.deepEqual(orbitTold({ 'sat:relative_orbit': null, relativeOrbitNumber: 3 }).relative, 3);
  });

  it('says nothing where it is no orbit', () => {
    for (const relative of ['73', 0, 144, 7.5, -1, {}, NaN])
      assert.equal(told(name, { 'sat:relative_orbit': relative })[0], 'name: 73');
    for (const state of ['geostationary', '', 7, ['ascending']])
      assert.equal(told(name, { 'sat:orbit_state': state })[1], 'mission: descending');
  });

  it('may be the absolute orbit of radar', () => {
    const coherence = 'S1A_20240306T055824_20240223T055825_DESC_CARD_COH6';
    assert.equal(told(coherence, { 'sat:absolute_orbit': 52433 })[0], 'item: 36');
  });
});
