/** Scenes whose cloudy parcels are left out: the rows of the others, fewer bytes, a reason for each that has none. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { OpenScenes } from '../../activities/host/open-scenes.js';
import type { HostDependencies } from '../../activities/dependencies.js';
import type { SceneTask, Staged } from '../../activities/contract.js';
import { databaseActivities, hostActivities, stageActivities } from '../../activities/registered.js';
import { withTileLengths } from '../../bench/tile-lengths.js';
import type { Order } from '../../campaigns/order.js';
import { audit } from '../../database/audit/index.js';
import type { ObjectStore } from '../../store/object-store.js';
import { skipWithoutServer } from '../database/database.js';
import { block, KEYS, openTestDependencies, PARCELS, type TestDependencies } from './dependencies.js';
import { forget } from './masked-scene.js';
import { run } from './run-activity.js';

const B08 = KEYS.B04.replace('_B04_', '_B08_');
/** Pixels of 20 m under a tile of 10 m. */
const TILE = 128;

/** Noise of 15 bits, so that tiles have the size that real ones have for their pixels. */
function noise(row: number, column: number): number {
  return 1 + ((Math.imul(row * 1000 + column + 1, 2_654_435_761) >>> 7) & 0x7ffe);
}

function isUnder(pid: number, row: number, column: number): boolean {
  const { row: top, column: left, side } = block(pid, 20);
  return row >= top && row < top + side && column >= left && column < left + side;
}

/** In the tiles from the left: cloud; shadow; clear ground but for parcels 18 (no class) and 19; cloud, and one clear pixel of parcel 20. */
function sky(row: number, column: number): number {
  const tile = Math.floor(column / TILE);
  const twenty = block(20, 20);
  if (tile === 3) return row === twenty.row && column === twenty.column ? 4 : 8;
  if (tile < 2) return tile === 0 ? 9 : 3;
  if (isUnder(18, row, column)) return 0;
  return isUnder(19, row, column) && (row + column) % 3 > 0 ? 10 : 4;
}

describe('a scene whose cloudy parcels are left out', { skip: skipWithoutServer }, () => {
  let test: TestDependencies;
  before(async () => {
    test = await openTestDependencies({
      order: { bands: ['B08', 'B05', 'B09', 'XYZ', 'SC'], indices: { XYZ: '(B08 - B05) / (B08 + B05)' } },
      ...{ clear: true, sc: sky },
      bands: {
        B08: { step: 10, pixel: noise },
        B05: { step: 20, pixel: noise },
        B09: { step: 60, pixel: noise },
      },
    });
    const path = join(test.bucket, B08);
    await writeFile(path, withTileLengths(await readFile(path)));
  });
  beforeEach(() => forget(test));
  after(() => test.close());

  const fetched: { key: string; bytes: number }[] = [];
  /** @param breaksAt the n-th range after which the connection is lost */
  function watched(breaksAt = Infinity): ObjectStore {
    const { store } = test.dependencies;
    fetched.length = 0;
    return Object.assign(Object.create(store) as ObjectStore, {
      list: (prefix: string) => store.list(prefix),
      folders: (prefix: string) => store.folders(prefix),
      head: (key: string) => store.head(key),
      download: (...args: Parameters<ObjectStore['download']>) => store.download(...args),
      fetch: async (...[object, span, file, options]: Parameters<ObjectStore['fetch']>) => {
        if (fetched.length >= breaksAt) throw new Error('broken off');
        await store.fetch(object, span, file, options);
        fetched.push({ key: object.key, bytes: span.to - span.from });
      },
    });
  }

  /** As a process that begins now has them. */
  function actions(store = watched()) {
    const { threads, budget, coverages } = test.dependencies;
    const scenes = new OpenScenes(threads, budget, coverages);
    const dependencies: HostDependencies = { ...test.dependencies, store, scenes };
    return {
      ...databaseActivities(dependencies),
      ...stageActivities(dependencies),
      ...hostActivities(dependencies),
    };
  }

  async function claimed(fields: Partial<Order>): Promise<SceneTask> {
    const wanted: SceneTask = { ...test.task, order: { ...test.order, ...fields } };
    const claim = await run(actions().claim, wanted);
    assert.ok(claim.claimed);
    const { bands, clearBands } = claim;
    return { ...wanted, order: { ...wanted.order, bands, ...(clearBands && { clearBands }) } };
  }

  async function finish(task: SceneTask, act = actions()) {
    const planned = await run(act.planOrFinish, task);
    for (const chunk of planned.pending) {
      await run(act.extractAndCopyChunk, { ...task, chunk });
      await run(act.copyChunk, { ...task, chunk });
    }
    const accounts = await run(act.mark, task, null);
    await run(act.discard, task);
    return { ...planned, accounts };
  }

  interface Extracted {
    readonly staged: Staged;
    readonly rows: Map<string, unknown>;
    readonly clear: Map<string, unknown>;
    readonly hists: Map<string, unknown>;
    readonly gaps: Map<string, string>;
  }

  async function extract(
    fields: Partial<Order>,
  ): Promise<Extracted & { end: Awaited<ReturnType<typeof finish>> }> {
    const task = await claimed(fields);
    const act = actions();
    const staged = await run(act.stage, task);
    const end = await finish(task, act);
    return { staged, end, ...(await found()) };
  }

  async function found(): Promise<Omit<Extracted, 'staged'>> {
    const ask = async <T>(sql: string): Promise<Map<string, T>> =>
      new Map(
        (await test.dependencies.pool.query<{ key: string; value: T }>(sql)).rows.map((row) => [
          row.key,
          row.value,
        ]),
      );
    const rows = (table: string) =>
      ask<unknown>(`SELECT trim(band) || ' ' || pid AS key,
        (ARRAY[count, mean, std, min, max, p25, p50, p75]::float8[])::text AS value FROM ${table}`);
    return {
      rows: await rows('sigs'),
      clear: await rows('clear_sigs'),
      hists: await ask('SELECT pid::text AS key, hist::text AS value FROM hists'),
      gaps: await ask(`SELECT trim(band) || ' ' || unnest(pids) AS key, reason AS value FROM parcelwise.gap`),
    };
  }

  /** What is found of parcels without a clear pixel is taken away, and told to be so; all else stands. */
  function withoutCloudy({ rows, clear, hists, gaps }: Omit<Extracted, 'staged'>): Omit<Extracted, 'staged'> {
    const cloudy = [...gaps]
      .filter(([, reason]) => reason === 'cloudy')
      .map(([key]) => key.replace(':clear', ''));
    return {
      rows: new Map([...rows].filter(([key]) => !cloudy.includes(key))),
      ...{ clear, hists },
      gaps: new Map([...gaps, ...cloudy.map((key): [string, string] => [key, 'cloudy'])]),
    };
  }

  const bytesOf = (key: string) =>
    fetched.filter((one) => one.key === key).reduce((sum, { bytes }) => sum + bytes, 0);

  it('has the rows of the others bit by bit, and every histogram; tiles of cloudy ones alone are not fetched', async () => {
    const all = await extract({});
    const bytes = bytesOf(B08);
    assert.equal(all.staged.parts?.blocks, 4);
    await forget(test);
    const some = await extract({ skipCloudy: true });
    const expected = withoutCloudy(all);
    assert.deepEqual(some.gaps, expected.gaps);
    assert.deepEqual(some.rows, expected.rows);
    assert.deepEqual([some.clear, some.hists], [all.clear, all.hists]);
    assert.ok(some.rows.has('B08 20') && some.rows.has('B05 20'), 'one pixel is clear');
    assert.equal(some.gaps.get('B09 20'), 'cloudy', 'of 60 m none is');
    assert.equal(some.gaps.get('B08 18'), 'cloudy', 'nobody knows of it that it is clear');
    assert.equal(some.staged.parts?.blocks, 2);
    assert.ok(bytesOf(B08) < 0.6 * bytes, `${bytesOf(B08)} of ${bytes}`);
    assert.deepEqual(some.end.cloudy, { parcels: 28, of: PARCELS });
    assert.deepEqual((await audit(test.dependencies.pool, {}, { each: 50 })).findings, []);
  });
});
