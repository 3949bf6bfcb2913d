/** A scene under clouds, taken through all of its steps, and what masked arrays have of it. */
import assert from 'node:assert/strict';
import type { Order } from '../../campaigns/order.js';
import type { MarkedScene, SceneTask } from '../../activities/contract.js';
import { databaseActivities, hostActivities, stageActivities } from '../../activities/registered.js';
import { plan } from '../../activities/plan.js';
import type { ClearRule } from '../../database/terms.js';
import { run } from './run-activity.js';
import { slowStatistics } from '../zonal/slow-statistics.js';
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

/** Rows and columns of the pixels of `step` metres with their centre in the parcel, shrunken by `buffer` metres. */
export function pixelsOf(pid: number, step = 10, buffer = 0): [row: number, column: number][] {
  const { row, column, side } =
    pid === ODD.pid
      ? { row: 5_650_000 - ODD.minY - ODD.side, column: ODD.minX - 500_000, side: ODD.side }
      : block(pid, 1);
  const inside = (from: number): number[] => {
    const first = Math.floor((from + buffer) / step - 0.5) + 1;
    const end = Math.ceil((from + side - buffer) / step - 0.5);
    return Array.from({ length: Math.max(0, end - first) }, (_, i) => first + i);
  };
  const columns = inside(column);
  return inside(row).flatMap((y) => columns.map((x): [number, number] => [y, x]));
}

export const RULE: ClearRule = { classes: [0, 1, 3, 8, 9, 10, 11], widenM: 0, minPixels: 5, innerBufferM: 0 };

/** Whether a pixel is clear: no unclear class is under it, or as near as `widenM`, between centres of pixels of 20 m. */
function isClear(row: number, column: number, { classes, widenM }: ClearRule, step = 10): boolean {
  const across = Math.max(1, step / 20);
  const [top, left] = [Math.floor((row * step) / 20), Math.floor((column * step) / 20)];
  const reach = Math.floor(widenM / 20);
  const span = Array.from({ length: across + 2 * reach }, (_, i) => i - reach);
  const beside = (one: number) => Math.max(0, -one, one - across + 1);
  return !span.some((dy) =>
    span.some(
      (dx) =>
        20 * Math.hypot(beside(dx), beside(dy)) <= widenM && classes.includes(classAt(top + dy, left + dx)),
    ),
  );
}

/** As if the scene had never been extracted. */
export async function forget({ dependencies, order: { tables } }: TestDependencies): Promise<void> {
  const { results, hists, clear } = tables;
  const filled = [results, hists, clear].filter((table) => table !== undefined);
  await dependencies.pool.query(
    `TRUNCATE ${filled.join(', ')}, parcelwise.extraction CASCADE; UPDATE dias_catalogue SET status = 'ingested' WHERE id = 1`,
  );
}

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

/** A layer as it lies in memory: the number of each pixel, NaN where there is none. */
export interface Layer {
  readonly name: string;
  readonly numberAt: (row: number, column: number) => number;
  readonly step?: number;
}

/** How parcels are measured: the rule of clear rows, and by how much parcels shrink before raw ones. */
export interface Measured {
  readonly rule: ClearRule;
  readonly isClearAt?: (row: number, column: number) => boolean;
  readonly innerBufferM?: number;
}

/**
 * Compares raw rows, clear rows and reasons of every parcel with what masked arrays give.
 * @returns how many parcels have which reason, or a clear row of all pixels (`whole`) or of some (`in part`).
 */
export async function sameAsMasked(
  test: TestDependencies,
  { name, numberAt, step = 10 }: Layer,
  { rule, innerBufferM = 0, isClearAt = (row, column) => isClear(row, column, rule, step) }: Measured,
  tolerance = 1e-6,
): Promise<Record<string, number>> {
  const [raw, clear] = [await rowsOf(test, 'sigs', name), await rowsOf(test, 'clear_sigs', name)];
  const gaps = await test.dependencies.pool.query<{ pid: number; reason: string }>(
    'SELECT unnest(pids) AS pid, reason FROM parcelwise.gap WHERE trim(band) = $1',
    [`${name}:clear`],
  );
  const reasons = new Map(gaps.rows.map(({ pid, reason }) => [pid, reason]));
  const seen: Record<string, number> = {};
  for (let pid = 1; pid <= ODD.pid; pid++) {
    const valid = (buffer: number) =>
      pixelsOf(pid, step, buffer).filter(([row, column]) => Number.isFinite(numberAt(row, column)));
    const numbers = (pixels: readonly [number, number][]) =>
      pixels.map(([row, column]) => numberAt(row, column));
    const what = `${name} of parcel ${pid}`;
    const all = valid(innerBufferM);
    if (all.length === 0) assert.equal(raw.get(pid), undefined, what);
    else areClose(raw.get(pid), slowStatistics(numbers(all)), what, tolerance);
    const inside = valid(rule.innerBufferM);
    const kept = inside.filter(([row, column]) => isClearAt(row, column));
    const reason =
      inside.length === 0
        ? 'no-data'
        : kept.length === 0
          ? 'cloudy'
          : kept.length < rule.minPixels
            ? 'too-few-pixels'
            : undefined;
    assert.equal(reasons.get(pid), reason, what);
    const key = reason ?? (kept.length === inside.length ? 'whole' : 'in part');
    seen[key] = (seen[key] ?? 0) + 1;
    if (reason === undefined)
      areClose(clear.get(pid), slowStatistics(numbers(kept)), `${what}, clear`, tolerance);
    else assert.equal(clear.get(pid), undefined, what);
  }
  return seen;
}

function areClose(
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
