/** Indices from the store to the tables: of every parcel what arithmetic pixel by pixel gives, of all pixels and of clear ones. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { audit } from '../../database/audit/index.js';
import { query } from '../../database/session/session.js';
import { skipWithoutServer } from '../database/database.js';
import { openTestDependencies, PARCELS, pixelB04, type TestDependencies } from './dependencies.js';
import {
  classAt,
  extract,
  forget,
  ODD,
  ODD_PARCEL,
  pixelsOf,
  rowsOf,
  RULE,
  sameAsMasked,
} from './masked-scene.js';

/** Saturated and unmeasured pixels among them. */
function pixelB08(row: number, column: number): number {
  const one = (row * 31 + column * 17) % 23;
  return one === 0 ? 0 : 1500 + 100 * one;
}

/** Of 20 m, and no data in a stripe. */
function pixelB11(row: number, column: number): number {
  return column % 9 === 0 ? 0 : 1200 + ((row * 13 + column * 7) % 900);
}

/** The product is of baseline 05.10: its reflectance is (number - 1000) / 10000. */
const reflectance = (number: number): number => (number === 0 ? NaN : (number - 1000) / 10_000);

/** By the names in the results table: numbers of pixels of 10 m, NaN where there is none. */
const INDICES: Readonly<Record<string, (row: number, column: number) => number>> = {
  NDV: (row, column) => {
    const [red, infrared] = [reflectance(pixelB04(row, column)), reflectance(pixelB08(row, column))];
    return (infrared - red) / (infrared + red);
  },
  NDM: (row, column) => {
    const infrared = reflectance(pixelB08(row, column));
    const short = reflectance(pixelB11(Math.floor(row / 2), Math.floor(column / 2)));
    return (infrared - short) / (infrared + short);
  },
  // Of one's own: 0 is a number, and nothing is divided by 0.
  OFF: (row, column) => (reflectance(pixelB04(row, column)) > 0.03 ? 0 : NaN),
};
const OWN = { OFF: '0 * log10(B04 - 0.03)' };

describe('indices', { skip: skipWithoutServer }, () => {
  let test: TestDependencies;
  before(async () => {
    test = await openTestDependencies({
      ...{ clear: true, sc: classAt, sql: ODD_PARCEL },
      bands: { B08: { step: 10, pixel: pixelB08 }, B11: { step: 20, pixel: pixelB11 } },
    });
  });
  after(() => test.close());

  it('are those of arithmetic in double precision, of all pixels and of clear ones, whatever bands are stored as', async () => {
    const { pool } = test.dependencies;
    for (const table of ['sigs', 'clear_sigs'])
      for (const column of ['count', 'mean', 'std', 'min', 'max', 'p25', 'p50', 'p75'])
        await pool.query(`ALTER TABLE ${table} ALTER COLUMN ${column} TYPE double precision`);
    const accounts = await extract(test, {
      bands: ['B04', ...Object.keys(INDICES)],
      indices: OWN,
      clear: RULE,
    });
    for (const [name, numberAt] of Object.entries(INDICES)) {
      const seen = await sameAsMasked(test, { name, numberAt }, { rule: RULE }, 1e-12);
      assert.ok(seen['in part']! > 10 && seen.whole! > 0, JSON.stringify(seen));
    }
    assert.equal((await rowsOf(test, 'sigs', 'B04')).get(1)?.[3], 1020, 'bands are stored as they are');
    for (const band of ['B08', 'B11', 'SC']) assert.equal((await rowsOf(test, 'sigs', band)).size, 0);
    assert.equal(accounts?.gaps.NDV?.['no-data'], 1);
    assert.deepEqual((await audit(pool, {}, { each: 50 })).findings, []);
    const facts = await query<{ offset: string }>(
      pool,
      `SELECT facts #>> '{inIndices,offsets,B11}' AS offset FROM parcelwise.extraction`,
    );
    assert.deepEqual(facts, [{ offset: '-1000' }]);
    assert.equal((await rowsOf(test, 'sigs', 'B04')).size, PARCELS);
  });

  it('are those of the pixels in a buffer of clear rows alone', async () => {
    await forget(test);
    const rule = { ...RULE, innerBufferM: 17 };
    await extract(test, { bands: ['NDV', 'NDM'], clear: rule });
    for (const name of ['NDV', 'NDM']) {
      const seen = await sameAsMasked(test, { name, numberAt: INDICES[name]! }, { rule }, 1e-12);
      assert.ok(seen['in part']! > 10, JSON.stringify(seen));
    }
  });

  it('are those of the pixels in a buffer of raw rows alone', async () => {
    await forget(test);
    await extract(test, { bands: ['NDV'], clear: RULE, innerBufferM: 17 });
    await sameAsMasked(
      test,
      { name: 'NDV', numberAt: INDICES.NDV! },
      { rule: RULE, innerBufferM: 17 },
      1e-12,
    );
  });

  for (const innerBufferM of [0, 17])
    it(`are told with the pixels that have no value, whatever is clear (clear rows ${innerBufferM} m inside)`, async () => {
      await forget(test);
      const bands = Object.keys(INDICES);
      const accounts = await extract(test, { bands, indices: OWN, clear: { ...RULE, innerBufferM } });
      const pids = Array.from({ length: ODD.pid }, (_, i) => i + 1);
      const without = (numberAt: (row: number, column: number) => number): number =>
        pids
          .flatMap((pid) => pixelsOf(pid))
          .filter(([row, column]) => !Number.isFinite(numberAt(row, column))).length;
      for (const [name, numberAt] of Object.entries(INDICES)) {
        const told = accounts?.withoutValue?.[name] ?? {};
        const pixels = Object.values(told).reduce((sum, count) => sum + count, 0);
        assert.ok(pixels > 0, name);
        assert.equal(pixels, without(numberAt), `pixels of all parcels, each once: ${name}`);
        assert.ok((told[name === 'OFF' ? 'undefined' : 'missing-input'] ?? 0) > 0, JSON.stringify(told));
      }
    });
});
