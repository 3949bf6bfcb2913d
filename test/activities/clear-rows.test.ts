/** Clear rows from the store to the tables: of every parcel and band what masked arrays give, or the reason why there is none. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Order } from '../../campaigns/order.js';
import type { MarkedScene, SceneTask } from '../../activities/contract.js';
import { databaseActivities, hostActivities, stageActivities } from '../../activities/registered.js';
import { plan } from '../../activities/plan.js';
import { audit } from '../../database/audit/index.js';
import type { ClearRule } from '../../database/terms.js';
import { skipWithoutServer } from '../database/database.js';
import { run } from './run-activity.js';
import { block, openTestDependencies, PARCELS, pixelB04, type TestDependencies } from './dependencies.js';

/** Vegetation and soil, with clouds of all kinds in between; all of parcel 5 is cloud, and parcel 6 has one clear pixel of 20 m. */
function classAt(row: number, column: number): number {
  const five = block(5, 20);
  const six = block(6, 20);
  const isIn = ({ row: top, column: left, side }: typeof five) =>
    row >= top && row < top + side && column >= left && column < left + side;
  if (isIn(five)) return 9;
  if (isIn(six)) return row === six.row && column === six.column ? 4 : 8;
  const one = ((row * 7919 + column * 104_729) >>> 2) % 12;
  // Parcels to the right are clear; on the left there is little of one class.
  if (column > 350) return 4;
  return one === 9 && (row + column) % 5 !== 0 ? 4 : one;
}

/** A square of 110 m that begins in the middle of pixels of 20 m. */
const ODD = { pid: PARCELS + 1, minX: 500_610, minY: 5_645_010, side: 110 };
const ODD_PARCEL = `INSERT INTO parcels (wkb_geometry) SELECT ST_Transform(
  ST_MakeEnvelope(${ODD.minX}, ${ODD.minY}, ${ODD.minX + ODD.side}, ${ODD.minY + ODD.side}, 32631), 31370)`;

/** Rows and columns of the pixels of 10 m. */
function pixelsOf(pid: number): [row: number, column: number][] {
  const { row, column, side } =
    pid === ODD.pid
      ? {
          row: (5_650_000 - ODD.minY - ODD.side) / 10,
          column: (ODD.minX - 500_000) / 10,
          side: ODD.side / 10,
        }
      : block(pid, 10);
  return Array.from({ length: side * side }, (_, i) => [row + Math.floor(i / side), column + (i % side)]);
}

type Statistics = readonly [...number[]];

/** By definition: numpy's, whose percentiles are linear. */
function statisticsOf(values: readonly number[]): Statistics {
  const sorted = [...values].sort((a, b) => a - b);
  const n = sorted.length;
  const mean = sorted.reduce((sum, value) => sum + value, 0) / n;
  const variance = sorted.reduce((sum, value) => sum + (value - mean) ** 2, 0) / n;
  const quantile = (share: number): number => {
    const at = share * (n - 1);
    const low = sorted[Math.floor(at)]!;
    return low + (sorted[Math.ceil(at)]! - low) * (at - Math.floor(at));
  };
  return [n, mean, Math.sqrt(variance), sorted[0]!, sorted.at(-1)!, ...[0.25, 0.5, 0.75].map(quantile)];
}

const RULE: ClearRule = { classes: [0, 1, 3, 8, 9, 10, 11], widenM: 0, minPixels: 5, innerBufferM: 0 };

/** Whether a pixel of 10 m is clear: no unclear class is under it, or as near as `widenM`, between centres of pixels of 20 m. */
function isClear(row: number, column: number, { classes, widenM }: ClearRule): boolean {
  const [y, x] = [Math.floor(row / 2), Math.floor(column / 2)];
  const reach = Math.floor(widenM / 20);
  for (let dy = -reach; dy <= reach; dy++)
    for (let dx = -reach; dx <= reach; dx++)
      if (20 * Math.hypot(dx, dy) <= widenM && classes.includes(classAt(y + dy, x + dx))) return false;
  return true;
}

describe('clear rows', { skip: skipWithoutServer }, () => {
  let test: TestDependencies;
  before(async () => {
    test = await openTestDependencies({ clear: true, sc: classAt, sql: ODD_PARCEL });
  });
  after(() => test.close());

  const forget = () =>
    test.dependencies.pool.query(
      `TRUNCATE sigs, hists, clear_sigs, parcelwise.extraction CASCADE; UPDATE dias_catalogue SET status = 'ingested' WHERE id = 1`,
    );

  /** Takes the scene through all of its steps; the host dies when one chunk is stored. */
  async function extract(fields: Partial<Order>): Promise<MarkedScene | null> {
    const { dependencies } = test;
    const act = {
      ...databaseActivities(dependencies),
      ...stageActivities(dependencies),
      ...hostActivities(dependencies),
    };
    const wanted: SceneTask = { ...test.task, order: { ...test.order, ...fields } };
    const claim = await run(act.claim, wanted);
    assert.ok(claim.claimed);
    const { bands, clearBands } = claim;
    const task = { ...wanted, order: { ...wanted.order, bands, clearBands } };
    await run(act.stage, task);
    const context = { signal: new AbortController().signal, report: () => undefined };
    const { pending } = await plan(context, dependencies, task);
    await run(act.extractAndCopyChunk, { ...task, chunk: pending[0]! });
    await run(act.discard, task);
    await run(act.stage, task);
    const again = await plan(context, dependencies, task);
    assert.equal(again.pending.length, pending.length - 1);
    for (const chunk of again.pending) await run(act.extractAndCopyChunk, { ...task, chunk });
    const accounts = await run(act.mark, task, null);
    await run(act.discard, task);
    return accounts;
  }

  async function rowsOf(table: string, band: string): Promise<Map<number, Statistics>> {
    const { rows } = await test.dependencies.pool.query<{ pid: number; numbers: number[] }>(
      `SELECT pid, ARRAY[count, mean, std, min, max, p25, p50, p75]::float8[] AS numbers FROM ${table} WHERE trim(band) = $1`,
      [band],
    );
    return new Map(rows.map(({ pid, numbers }) => [pid, numbers]));
  }

  /** Of a band of 10 m: every row as masked arrays have it, every gap with its reason. */
  async function sameAsMasked(rule: ClearRule): Promise<Record<string, number>> {
    const clear = await rowsOf('clear_sigs', 'B04');
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
      if (expected === undefined) areClose(clear.get(pid), statisticsOf(values), `parcel ${pid}`);
      else assert.equal(clear.get(pid), undefined, `parcel ${pid}`);
    }
    return seen;
  }

  const findings = async () => (await audit(test.dependencies.pool, {}, { each: 50 })).findings;

  it('are those of masked arrays, though nobody asked for the class map, and a host died on the way', async () => {
    const accounts = await extract({ bands: ['B04'], clear: RULE });
    const seen = await sameAsMasked(RULE);
    assert.deepEqual(Object.keys(seen).sort(), ['cloudy', 'in part', 'no-data', 'too-few-pixels', 'whole']);
    assert.equal(accounts?.clear, seen['in part']! + seen.whole!);
    assert.deepEqual(accounts.gaps, {
      B04: { 'no-data': 1 },
      'B04:clear': { cloudy: 1, 'no-data': 1, 'too-few-pixels': 1 },
    });
    assert.equal((await rowsOf('sigs', 'B04')).size, PARCELS);
    assert.equal((await rowsOf('sigs', 'SC')).size, 0, 'read, and not stored');
    assert.deepEqual(await findings(), []);
  });

  it('keep away from clouds by metres, also from those that no parcel lies on', async () => {
    await forget();
    const rule = { ...RULE, classes: [9], widenM: 45 };
    await extract({ bands: ['B04'], clear: rule });
    const seen = await sameAsMasked(rule);
    assert.ok(seen['in part']! >= 10 && seen.whole! >= 1 && seen.cloudy! >= 1, JSON.stringify(seen));
    assert.deepEqual(await findings(), []);
  });

  it('leave raw rows and histograms as they are without them', async () => {
    await forget();
    await extract({ bands: ['B04', 'SC'], clear: RULE });
    const stored = async () => ({
      sigs: await rowsOf('sigs', 'B04'),
      sc: await rowsOf('sigs', 'SC'),
      hists: (await test.dependencies.pool.query('SELECT pid, hist FROM hists ORDER BY pid')).rows,
    });
    const beside = await stored();
    assert.deepEqual(await findings(), []);
    assert.equal((await rowsOf('clear_sigs', 'SC')).size, 0, 'classes have no clear rows');
    await forget();
    await extract({ bands: ['B04', 'SC'], tables: { ...test.order.tables, clear: undefined } });
    assert.deepEqual(await stored(), beside);
  });
});

function areClose(found: Statistics | undefined, expected: Statistics, what: string): void {
  assert.ok(found, `${what} has no row`);
  expected.forEach((value, i) => {
    assert.ok(
      Math.abs(found[i]! - value) <= 1e-6 * Math.max(1, Math.abs(value)),
      `${what}: ${found.join(' ')} instead of ${expected.join(' ')}`,
    );
  });
}
