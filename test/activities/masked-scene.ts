/** A scene under clouds, taken through all of its steps, and what masked arrays have of it. */
import assert from 'node:assert/strict';
import type { Order } from '../../campaigns/order.js';
import type { MarkedScene, SceneTask } from '../../activities/contract.js';
import { databaseActivities, hostActivities, stageActivities } from '../../activities/registered.js';
import { plan } from '../../activities/plan.js';
import type { ClearRule } from '../../database/terms.js';
import { run } from './run-activity.js';
import { block, PARCELS, type TestDependencies } from './dependencies.js';

/** Vegetation and soil, with clouds of all kinds in between; all of parcel 5 is cloud, and parcel 6 has one clear pixel of 20 m. */
export function classAt(row: number, column: number): number {
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
export const ODD = { pid: PARCELS + 1, minX: 500_610, minY: 5_645_010, side: 110 };
export const ODD_PARCEL = `INSERT INTO parcels (wkb_geometry) SELECT ST_Transform(
  ST_MakeEnvelope(${ODD.minX}, ${ODD.minY}, ${ODD.minX + ODD.side}, ${ODD.minY + ODD.side}, 32631), 31370)`;

/** Rows and columns of the pixels of 10 m. */
export function pixelsOf(pid: number): [row: number, column: number][] {
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

export const RULE: ClearRule = { classes: [0, 1, 3, 8, 9, 10, 11], widenM: 0, minPixels: 5, innerBufferM: 0 };

/** Whether a pixel of 10 m is clear: no unclear class is under it, or as near as `widenM`, between centres of pixels of 20 m. */
export function isClear(row: number, column: number, { classes, widenM }: ClearRule): boolean {
  const [y, x] = [Math.floor(row / 2), Math.floor(column / 2)];
  const reach = Math.floor(widenM / 20);
  for (let dy = -reach; dy <= reach; dy++)
    for (let dx = -reach; dx <= reach; dx++)
      if (20 * Math.hypot(dx, dy) <= widenM && classes.includes(classAt(y + dy, x + dx))) return false;
  return true;
}

/** As if the scene had never been extracted. */
export const forget = (test: TestDependencies) =>
  test.dependencies.pool.query(
    `TRUNCATE sigs, hists, clear_sigs, parcelwise.extraction CASCADE; UPDATE dias_catalogue SET status = 'ingested' WHERE id = 1`,
  );

/** Takes the scene through all of its steps; the host dies when one chunk is stored. */
export async function extract(test: TestDependencies, fields: Partial<Order>): Promise<MarkedScene | null> {
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

export async function rowsOf(
  test: TestDependencies,
  table: string,
  band: string,
): Promise<Map<number, readonly number[]>> {
  const { rows } = await test.dependencies.pool.query<{ pid: number; numbers: number[] }>(
    `SELECT pid, ARRAY[count, mean, std, min, max, p25, p50, p75]::float8[] AS numbers FROM ${table} WHERE trim(band) = $1`,
    [band],
  );
  return new Map(rows.map(({ pid, numbers }) => [pid, numbers]));
}

export function areClose(
  found: readonly number[] | undefined,
  expected: readonly number[],
  what: string,
  tolerance = 1e-6,
): void {
  assert.ok(found, `${what} has no row`);
  expected.forEach((value, i) => {
    assert.ok(
      Math.abs(found[i]! - value) <= tolerance * Math.max(1, Math.abs(value)),
      `${what}: ${found.join(' ')} instead of ${expected.join(' ')}`,
    );
  });
}
