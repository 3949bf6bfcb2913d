/** Clear rows from the store to the tables: of every parcel and band what masked arrays give, or the reason why there is none. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { audit } from '../../database/audit/index.js';
import type { ClearRule } from '../../database/terms.js';
import { skipWithoutServer } from '../database/database.js';
import { slowStatistics } from '../zonal/slow-statistics.js';
import { openTestDependencies, PARCELS, pixelB04, type TestDependencies } from './dependencies.js';
import {
  areClose,
  classAt,
  extract,
  forget,
  isClear,
  ODD,
  ODD_PARCEL,
  pixelsOf,
  rowsOf,
  RULE,
} from './masked-scene.js';

describe('clear rows', { skip: skipWithoutServer }, () => {
  let test: TestDependencies;
  before(async () => {
    test = await openTestDependencies({ clear: true, sc: classAt, sql: ODD_PARCEL });
  });
  after(() => test.close());

  /** Of a band of 10 m: every row as masked arrays have it, every gap with its reason. */
  async function sameAsMasked(rule: ClearRule): Promise<Record<string, number>> {
    const clear = await rowsOf(test, 'clear_sigs', 'B04');
    const gaps = await test.dependencies.pool.query<{ pid: number; reason: string }>(
      `SELECT unnest(pids) AS pid, reason FROM parcelwise.gap WHERE band = 'B04:clear'`,
    );
    const reasons = new Map(gaps.rows.map(({ pid, reason }) => [pid, reason]));
    const seen: Record<string, number> = {};
    for (let pid = 1; pid <= ODD.pid; pid++) {
      const valid = pixelsOf(pid).filter(([row, column]) => pixelB04(row, column) !== 0);
      const values = valid
        .filter(([row, column]) => isClear(row, column, rule))
        .map(([row, column]) => pixelB04(row, column));
      const expected =
        valid.length === 0
          ? 'no-data'
          : values.length === 0
            ? 'cloudy'
            : values.length < rule.minPixels
              ? 'too-few-pixels'
              : undefined;
      assert.equal(reasons.get(pid), expected, `parcel ${pid}`);
      const what = expected ?? (values.length === valid.length ? 'whole' : 'in part');
      seen[what] = (seen[what] ?? 0) + 1;
      if (expected === undefined) areClose(clear.get(pid), slowStatistics(values), `parcel ${pid}`);
      else assert.equal(clear.get(pid), undefined, `parcel ${pid}`);
    }
    return seen;
  }

  const findings = async () => (await audit(test.dependencies.pool, {}, { each: 50 })).findings;

  it('are those of masked arrays, though nobody asked for the class map, and a host died on the way', async () => {
    const accounts = await extract(test, { bands: ['B04'], clear: RULE });
    const seen = await sameAsMasked(RULE);
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
    const seen = await sameAsMasked(rule);
    assert.ok(seen['in part']! >= 10 && seen.whole! >= 1 && seen.cloudy! >= 1, JSON.stringify(seen));
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
