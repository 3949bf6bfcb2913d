/** Pixel rules and inner buffers from a scene's plan to its rows, over squares of 100 m along the borders of pixels. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { Order } from '../../campaigns/order.js';
import { audit } from '../../database/audit/index.js';
import type { ClearRule } from '../../database/terms.js';
import { databaseActivities, hostActivities, stageActivities } from '../../activities/registered.js';
import { skipWithoutServer } from '../database/database.js';
import { block, openTestDependencies, PARCELS, pixelB04, type TestDependencies } from './dependencies.js';
import { run } from './run-activity.js';

interface Row {
  readonly pid: number;
  readonly band: string;
  readonly count: number;
  readonly mean: number;
  readonly std: number;
}

describe('pixel rules and inner buffers', { skip: skipWithoutServer }, () => {
  let test: TestDependencies;
  beforeEach(async () => {
    test = await openTestDependencies();
  });
  afterEach(() => test.close());

  const query = async <R extends object>(sql: string): Promise<R[]> =>
    (await test.dependencies.pool.query<R>(sql)).rows;

  /** Extracts the scene. @returns the rows of parcel 1, and of all others how many pixels there are. */
  async function extract(rule: Partial<Order>): Promise<Row[]> {
    const { dependencies } = test;
    const task = { ...test.task, order: { ...test.order, chunkParcels: PARCELS, ...rule } };
    await run(databaseActivities(dependencies).claim, task);
    await run(stageActivities(dependencies).stage, task);
    await run(hostActivities(dependencies).planOrFinish, task);
    return query<Row>(
      'SELECT pid, trim(band) AS band, count, mean, std FROM sigs WHERE pid = 1 ORDER BY band',
    );
  }

  /** Columns 20 to 29 of B04 count from 1020; columns 10 to 14 of the map of classes are 4. */
  const CASES = [
    [{ pixels: 'centre' }, 100, 25],
    [{ pixels: 'centre', innerBufferM: 7 }, 64, 25],
    [{ pixels: 'inside', innerBufferM: 3 }, 64, 9],
    [{ pixels: 'touched', innerBufferM: 3 }, 100, 25],
    [{ pixels: 'fraction', innerBufferM: 3 }, 88.36, 22.09],
  ] as const;

  for (const [rule, fine, coarse] of CASES) {
    it(`have ${fine} and ${coarse} pixels by ${JSON.stringify(rule)}`, async () => {
      const [b04, sc] = await extract(rule);
      assert.ok(Math.abs(b04!.count - fine) < 1e-5, `${b04!.count}`);
      assert.ok(Math.abs(b04!.mean - 1024.5) < 1e-3, `${b04!.mean}`);
      assert.ok(Math.abs(sc!.count - coarse) < 1e-5, `${sc!.count}`);
      // Parcel 3 has no data in B04, whatever the rule.
      const gaps = await query('SELECT trim(band) AS band, reason, pids FROM parcelwise.gap');
      assert.deepEqual(gaps, [{ band: 'B04', reason: 'no-data', pids: [3] }]);
    });
  }

  it('leave histograms of whole pixels beside shares, one a row', async () => {
    await test.dependencies.pool.query(`
      UPDATE parcels SET wkb_geometry = ST_Transform(ST_MakeEnvelope(504203, 5640203, 504209, 5640400, 32631), 31370) WHERE ogc_fid = 11`);
    await extract({ pixels: 'fraction', minAreaM2: 1000 });
    const hists = await query<{ pid: number; hist: object }>('SELECT pid, hist FROM hists ORDER BY pid');
    assert.equal(hists.length, PARCELS);
    assert.deepEqual(hists[0], { pid: 1, hist: { 4: 25 } });
    // No 20 m pixel has its centre in a strip from 3 to 9 m beyond a border.
    assert.deepEqual(hists[10], { pid: 11, hist: {} });
  });

  it('are one to a table: a campaign of another is refused before it claims anything', async () => {
    await extract({ pixels: 'inside', innerBufferM: 3 });
    const { prepareCampaign } = databaseActivities(test.dependencies);
    const rule = { pixels: 'inside', innerBufferM: 3 } as const;
    assert.equal((await run(prepareCampaign, { card: 's2', ...rule })).order.pixels, 'inside');
    for (const [other, message] of [
      [{ ...rule, pixels: 'fraction' }, /pixels inside, not fraction/],
      [{ ...rule, innerBufferM: 5 }, /inner_buffer_m 3, not 5/],
      [{}, /pixels inside, not centre; inner_buffer_m 3, not 0/],
    ] as const)
      await assert.rejects(run(prepareCampaign, { card: 's2', ...other }), message);
    const [claimed] = await query<{ count: number }>(
      `SELECT count(*)::int AS count FROM dias_catalogue WHERE status = 'inprogress' AND id <> 1`,
    );
    assert.equal(claimed!.count, 0);
  });

  it('leave a parcel without pixels that a buffer eats up', async () => {
    await extract({ innerBufferM: 50.5 });
    const [counts] = await query<{ rows: number }>('SELECT count(*)::int AS rows FROM sigs');
    assert.equal(counts!.rows, 0);
    const gaps = await query<{ band: string; reason: string; parcels: number }>(
      'SELECT trim(band) AS band, reason, cardinality(pids) AS parcels FROM parcelwise.gap ORDER BY band',
    );
    assert.deepEqual(
      gaps,
      ['B04', 'SC'].map((band) => ({ band, reason: 'no-pixel', parcels: PARCELS })),
    );
  });

  it('fill the columns that a table has beyond the eight, harmonised where numbers are', async () => {
    await test.dependencies.pool.query(
      'ALTER TABLE sigs ADD p05 real, ADD p90 real, ADD skew real, ADD valid real',
    );
    await extract({ radiometry: 'harmonised' });
    const [row] = await query(
      `SELECT count, mean, p05, p90, skew, valid FROM sigs WHERE pid = 1 AND band = 'B04'`,
    );
    // Ten columns of ten pixels each; baseline 05.10 takes 1000 off.
    assert.deepEqual(row, { count: 100, mean: 24.5, p05: 20, p90: 28.1, skew: 0, valid: 1 });
  });
});

/** Cloud in every third column of 20 m, and over all of parcel 5. */
const isCloud = (row: number, column: number): boolean => {
  const { row: top, column: left, side } = block(5, 20);
  return column % 3 === 0 || (row >= top && row < top + side && column >= left && column < left + side);
};

describe('clear rows by shares and with buffers of their own', { skip: skipWithoutServer }, () => {
  let test: TestDependencies;
  beforeEach(async () => {
    test = await openTestDependencies({ clear: true, sc: (row, column) => (isCloud(row, column) ? 9 : 4) });
  });
  afterEach(() => test.close());

  /** How much of pixel `i` of a row of 10 pixels of 10 m a side of 100 m covers that is cut by `buffer` at both ends. */
  const covered = (i: number, buffer: number) =>
    Math.max(0, Math.min(100 - buffer, 10 * i + 10) - Math.max(buffer, 10 * i)) / 10;

  function expected(
    pid: number,
    pixels: 'centre' | 'fraction',
    buffer: number,
  ): [number, number] | undefined {
    const { row: top, column: left, side } = block(pid, 10);
    let [count, sum] = [0, 0];
    for (let i = 0; i < side * side; i++) {
      const [down, across] = [Math.floor(i / side), i % side];
      const share = covered(down, buffer) * covered(across, buffer);
      const isIn = [down, across].every((at) => 10 * at + 5 > buffer && 10 * at + 5 < 100 - buffer);
      const value = pixelB04(top + down, left + across);
      const weight = pixels === 'centre' ? Number(isIn) : share;
      if (value === 0 || isCloud(Math.floor((top + down) / 2), Math.floor((left + across) / 2))) continue;
      count += weight;
      sum += weight * value;
    }
    return count > 0 ? [count, sum / count] : undefined;
  }

  for (const [pixels, innerBufferM, ofClear] of [
    ['fraction', 3, 3],
    ['fraction', 0.5, 7],
    ['centre', 7, 0.5],
    ['centre', 0.5, 17],
  ] as const) {
    it(`are those of the definition by ${pixels}, ${innerBufferM} m and ${ofClear} m`, async () => {
      const { dependencies } = test;
      const clear: ClearRule = { classes: [9], widenM: 0, minPixels: 1, innerBufferM: ofClear };
      const wanted = { ...test.task, order: { ...test.order, pixels, innerBufferM, clear } };
      const claim = await run(databaseActivities(dependencies).claim, wanted);
      assert.ok(claim.claimed);
      const task = { ...wanted, order: { ...wanted.order, clearBands: claim.clearBands, chunkParcels: 100 } };
      await run(stageActivities(dependencies).stage, task);
      await run(hostActivities(dependencies).planOrFinish, task);
      await run(databaseActivities(dependencies).mark, task, null);
      const { rows } = await dependencies.pool.query<{ pid: number; numbers: [number, number] }>(
        'SELECT pid, ARRAY[count, mean]::float8[] AS numbers FROM clear_sigs',
      );
      const found = new Map(rows.map(({ pid, numbers }) => [pid, numbers]));
      for (let pid = 1; pid <= PARCELS; pid++) {
        const numbers = expected(pid, pixels, ofClear);
        if (numbers === undefined) assert.equal(found.get(pid), undefined, `parcel ${pid}`);
        else
          numbers.forEach((number, i) => {
            assert.ok(
              // There and back through the datum of the parcels moves corners by a tenth of a millimetre.
              Math.abs(found.get(pid)![i]! - number) < 2e-5 * number,
              `parcel ${pid}: ${String(found.get(pid))}`,
            );
          });
      }
      const gaps = await dependencies.pool.query<{ reason: string; pids: number[] }>(
        `SELECT reason, pids FROM parcelwise.gap WHERE band = 'B04:clear' ORDER BY reason`,
      );
      assert.deepEqual(gaps.rows, [
        { reason: 'cloudy', pids: [5] },
        { reason: 'no-data', pids: [3] },
      ]);
      assert.deepEqual((await audit(dependencies.pool, {}, { each: 5 })).findings, []);
    });
  }
});
