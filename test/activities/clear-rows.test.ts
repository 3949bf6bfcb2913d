/** Clear rows from the store to the tables: of every parcel and band what masked arrays give, or the reason why there is none. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { audit } from '../../database/audit/index.js';
import { skipWithoutServer } from '../database/database.js';
import { openTestDependencies, PARCELS, pixelB04, type TestDependencies } from './dependencies.js';
import {
  classAt,
  extract,
  forget,
  type Layer,
  ODD_PARCEL,
  rowsOf,
  RULE,
  sameAsMasked,
} from './masked-scene.js';

const pixelB09 = (row: number, column: number): number =>
  row % 4 === 0 ? 0 : 2000 + ((7 * row + column) % 50);

describe('clear rows', { skip: skipWithoutServer }, () => {
  let test: TestDependencies;
  before(async () => {
    test = await openTestDependencies({
      ...{ clear: true, sc: classAt, sql: ODD_PARCEL },
      bands: { B09: { step: 60, pixel: pixelB09 } },
    });
  });
  after(() => test.close());

  const B04: Layer = {
    name: 'B04',
    numberAt: (row, column) => pixelB04(row, column) || NaN,
  };

  const findings = async () => (await audit(test.dependencies.pool, {}, { each: 50 })).findings;

  it('are those of masked arrays, though nobody asked for the class map, and a host died on the way', async () => {
    const accounts = await extract(test, { bands: ['B04'], clear: RULE });
    const seen = await sameAsMasked(test, B04, { rule: RULE });
    assert.deepEqual(Object.keys(seen).sort(), ['cloudy', 'in part', 'no-data', 'too-few-pixels', 'whole']);
    assert.equal(accounts?.clear, seen['in part']! + seen.whole!);
    assert.deepEqual(accounts.gaps, {
      B04: { 'no-data': 1 },
      'B04:clear': { cloudy: 1, 'no-data': 1, 'too-few-pixels': 1 },
    });
    assert.equal((await rowsOf(test, 'sigs', 'B04')).size, PARCELS);
    assert.equal((await rowsOf(test, 'sigs', 'SC')).size, 0, 'read, and not stored');
    assert.deepEqual(await findings(), []);
  });

  it('keep away from clouds by metres, also from those that no parcel lies on', async () => {
    await forget(test);
    const rule = { ...RULE, classes: [9], widenM: 45 };
    await extract(test, { bands: ['B04'], clear: rule });
    const seen = await sameAsMasked(test, B04, { rule });
    assert.ok(seen['in part']! >= 10 && seen.whole! >= 1 && seen.cloudy! >= 1, JSON.stringify(seen));
    assert.deepEqual(await findings(), []);
  });

  for (const widenM of [0, 20])
    it(`of pixels of 60 m are of those in which all of 20 m are clear, widened by ${widenM} m`, async () => {
      await forget(test);
      const rule = { ...RULE, classes: [9], widenM, minPixels: 1 };
      await extract(test, { bands: ['B09'], clear: rule });
      const layer = {
        name: 'B09',
        step: 60,
        numberAt: (row: number, column: number) => pixelB09(row, column) || NaN,
      };
      const seen = await sameAsMasked(test, layer, { rule });
      assert.ok(seen['in part']! > 3 && seen.whole! > 3 && seen.cloudy! > 2, JSON.stringify(seen));
      assert.deepEqual(await findings(), []);
    });

  it('leave raw rows and histograms as they are without them', async () => {
    await forget(test);
    await extract(test, { bands: ['B04', 'SC'], clear: RULE });
    const stored = async () => ({
      sigs: await rowsOf(test, 'sigs', 'B04'),
      sc: await rowsOf(test, 'sigs', 'SC'),
      hists: (await test.dependencies.pool.query('SELECT pid, hist FROM hists ORDER BY pid')).rows,
    });
    const beside = await stored();
    assert.deepEqual(await findings(), []);
    assert.equal((await rowsOf(test, 'clear_sigs', 'SC')).size, 0, 'classes have no clear rows');
    await forget(test);
    await extract(test, { bands: ['B04', 'SC'], tables: { ...test.order.tables, clear: undefined } });
    assert.deepEqual(await stored(), beside);
  });
});
