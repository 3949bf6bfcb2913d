/** Indices from the store to the tables: of every parcel what arithmetic pixel by pixel gives, of all pixels and of clear ones. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { audit } from '../../database/audit/index.js';
import { query } from '../../database/session/session.js';
import { skipWithoutServer } from '../database/database.js';
import { slowStatistics } from '../zonal/slow-statistics.js';
import { openTestDependencies, PARCELS, pixelB04, type TestDependencies } from './dependencies.js';
import {
  areClose,
  classAt,
  extract,
  isClear,
  ODD,
  ODD_PARCEL,
  pixelsOf,
  rowsOf,
  RULE,
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
    let measured = 0;
    const without: Record<string, number> = {};
    for (const [name, valueOf] of Object.entries(INDICES)) {
      const raw = await rowsOf(test, 'sigs', name);
      const clear = await rowsOf(test, 'clear_sigs', name);
      for (let pid = 1; pid <= ODD.pid; pid++) {
        const numbers = (pixels: readonly [number, number][]) =>
          pixels.map(([row, column]) => valueOf(row, column)).filter((value) => Number.isFinite(value));
        const all = pixelsOf(pid);
        const what = `${name} of parcel ${pid}`;
        const [expected, expectedClear] = [
          numbers(all),
          numbers(all.filter(([row, column]) => isClear(row, column, RULE))),
        ];
        without[name] = (without[name] ?? 0) + all.length - expected.length;
        if (expected.length === 0) assert.equal(raw.get(pid), undefined, what);
        else areClose(raw.get(pid), slowStatistics(expected), what, 1e-12);
        if (expectedClear.length < RULE.minPixels) assert.equal(clear.get(pid), undefined, what);
        else areClose(clear.get(pid), slowStatistics(expectedClear), `${what}, clear`, 1e-12);
        measured += expected.length > 0 ? 1 : 0;
      }
    }
    const told = accounts?.withoutValue ?? {};
    const sums = Object.entries(told).map(([name, of]) => [
      name,
      Object.values(of).reduce((a, b) => a + b, 0),
    ]);
    assert.deepEqual(Object.fromEntries(sums), without, 'pixels of all parcels, clear or not, each once');
    assert.ok(without.NDM! > 0 && told.NDM?.['missing-input'] === without.NDM);
    assert.ok((told.OFF?.undefined ?? 0) > 0, 'a logarithm of what has none');
    assert.ok(measured > 100);
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
});
