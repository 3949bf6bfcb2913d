/** Staging in parts that is broken off, by whatever: it goes on where it stopped, and no byte is asked for twice. */
import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { Staged } from '../../activities/contract.js';
import type { HostDependencies } from '../../activities/dependencies.js';
import { withTileLengths } from '../../bench/tile-lengths.js';
import { jp2File } from '../../demo/season/jp2-file.js';
import { bytesOf, type ByteRange, joined } from '../../rasters/index.js';
import { LimitedStore } from '../../store/limited-store.js';
import { type ObjectStore, StoreFailure } from '../../store/object-store.js';
import { skipWithoutServer } from '../database/database.js';
import { GRID } from '../database/season.js';
import { fill, KEYS, openTestDependencies, type TestDependencies } from './dependencies.js';
import { forget } from './masked-scene.js';
import { noise } from './noise.js';
import { run } from './run-activity.js';
import { SceneSteps } from './scene-steps.js';
import { storeWith } from './store-with.js';

/** In five of 16 tiles of 2560 m, none beside another. */
const CORNERS = [
  [500_300, 5_649_000],
  [506_000, 5_649_000],
  [503_000, 5_645_500],
  [500_300, 5_643_000],
  [506_000, 5_643_000],
] as const;
const PARCELS = `
  DELETE FROM parcels;
  INSERT INTO parcels (wkb_geometry) SELECT ST_Transform(ST_MakeEnvelope(x, y, x + 100, y + 100, 32631), 31370)
  FROM (VALUES ${CORNERS.map(([x, y]) => `(${x}, ${y})`).join(', ')}) AS corner (x, y)`;
const B08 = KEYS.B04.replace('_B04_', '_B08_');

describe('staging in parts', { skip: skipWithoutServer }, () => {
  let test: TestDependencies;
  let whole: object[];
  before(async () => {
    test = await openTestDependencies({
      order: { bands: ['B04', 'B08'] },
      bands: { B08: { step: 10, pixel: noise } },
      sql: PARCELS,
    });
    for (const key of [KEYS.B04, B08]) await replace(key, noise);
    await startOver();
    await extract(storeThat());
    whole = await rows();
    assert.equal(whole.length, 2 * CORNERS.length);
  });
  beforeEach(startOver);
  after(() => test.close());

  async function replace(key: string, pixel: typeof noise): Promise<void> {
    const file = await jp2File(fill(GRID, pixel, Uint16Array), GRID, { bits: 15, tileSize: 256 });
    await writeFile(join(test.bucket, key), withTileLengths(file));
  }

  async function startOver(): Promise<void> {
    asked.length = 0;
    await forget(test);
    await test.dependencies.pool.query('DELETE FROM parcels WHERE ogc_fid > 1000');
  }

  const rows = async (): Promise<object[]> =>
    (
      await test.dependencies.pool.query<object>(
        'SELECT pid, band, count, mean, std, min, max, p25, p50, p75 FROM sigs ORDER BY pid, band',
      )
    ).rows;

  /** What was brought, by object. */
  const asked: { readonly key: string; readonly range: ByteRange }[] = [];

  /**
   * @param breaks what ends the n-th range, counted from 1, when half of it has come
   * @param came called when so many pieces have come
   */
  function storeThat(
    breaks: (count: number) => Error | undefined = () => undefined,
    came: (pieces: number) => void = () => undefined,
  ): ObjectStore {
    const { store } = test.dependencies;
    let count = 0;
    return storeWith(store, {
      fetch: async (object, span, file, options) => {
        const error = breaks((count += 1));
        const to = error ? Math.floor((span.from + span.to) / 2) : span.to;
        let reached = span.from;
        const onProgress = (position: number, total: number): void => {
          asked.push({ key: object.key, range: { from: reached, to: position } });
          reached = position;
          options?.onProgress?.(position, total);
          came(asked.length);
        };
        await store.fetch(object, { from: span.from, to }, file, { ...options, onProgress });
        if (error) throw error;
      },
    });
  }

  const stepsWith = (dependencies: Partial<HostDependencies>) =>
    new SceneSteps({ ...test, dependencies: { ...test.dependencies, ...dependencies } }).act();

  /** Stages as a workflow does, which tries again; how often. */
  async function stage(store: ObjectStore): Promise<Staged & { readonly tries: number }> {
    const { stage: once } = stepsWith({ store });
    for (let tries = 1; ; tries++) {
      try {
        const staged = await run(once, test.task);
        const folder = test.dependencies.scratch.sceneFolder(test.order.tables.results, 1);
        const left = (await readdir(folder)).filter((name) => /\.list\.|\.places\.|\.part$/.test(name));
        assert.deepEqual(left, [], 'no temporary files');
        return { ...staged, tries };
      } catch (error) {
        if (tries === 30) throw error;
      }
    }
  }

  async function extract(store: ObjectStore): Promise<Staged & { readonly tries: number }> {
    const act = stepsWith({ store });
    await run(act.claim, test.task);
    const staged = await stage(store);
    await finish();
    return staged;
  }

  async function finish(): Promise<void> {
    const act = stepsWith({});
    const { pending } = await run(act.planOrFinish, test.task);
    for (const chunk of pending) await run(act.extractAndCopyChunk, { ...test.task, chunk });
    await run(act.mark, test.task, null);
    await run(act.discard, test.task);
  }

  function nothingTwice({ bytes }: Staged): void {
    let all = 0;
    for (const key of new Set(asked.map((one) => one.key))) {
      const ranges = asked.filter((one) => one.key === key).map(({ range }) => range);
      assert.equal(bytesOf(ranges), bytesOf(joined(ranges)), `of ${key}`);
      all += bytesOf(ranges);
    }
    assert.equal(all, bytes);
  }

  for (const every of [2, 3, 5])
    it(`is done where every ${every}. range is broken off`, async () => {
      const staged = await extract(
        storeThat((count) => (count % every === 0 ? new StoreFailure('busy') : undefined)),
      );
      assert.ok(staged.parts && staged.tries > 1);
      nothingTwice(staged);
      assert.deepEqual(await rows(), whole);
    });

  it('waits where the disk is full in the middle, and goes on once there is room', async () => {
    const full = (count: number) =>
      count === 4 ? Object.assign(new Error('ENOSPC: write'), { code: 'ENOSPC' }) : undefined;
    const act = stepsWith({ store: storeThat(full) });
    await run(act.claim, test.task);
    await assert.rejects(run(act.stage, test.task), { type: 'DiskFull', nonRetryable: false });
    const staged = await stage(storeThat());
    nothingTwice(staged);
    await finish();
    assert.deepEqual(await rows(), whole);
  });

  it('ends at once where it is cancelled, and goes on from there when it is asked again', async () => {
    let cancel: () => void = () => undefined;
    const oneByOne = storeThat(undefined, (pieces) => {
      if (pieces === 5) cancel();
    });
    const store = new LimitedStore(oneByOne, 1);
    const act = stepsWith({ store });
    await run(act.claim, test.task);
    const staging = run(act.stage, test.task);
    ({ cancel } = staging);
    await assert.rejects(staging);
    const before = asked.length;
    const staged = await stage(storeThat());
    assert.ok(before > 2 && asked.length > before, `${before} pieces, then ${asked.length}`);
    nothingTwice(staged);
    await finish();
    assert.deepEqual(await rows(), whole);
  });

  it('takes nothing of the version before where an object was replaced once it was staged', async () => {
    const { pool } = test.dependencies;
    const act = stepsWith({ store: storeThat() });
    await run(act.claim, test.task);
    await run(act.stage, test.task);
    const kept = await readFile(join(test.bucket, B08));
    try {
      await replace(B08, (row, column) => noise(column, row));
      await pool.query(`
        INSERT INTO parcels (ogc_fid, wkb_geometry)
        SELECT 1001, ST_Transform(ST_MakeEnvelope(509500, 5645500, 509600, 5645600, 32631), 31370)`);
      await assert.rejects(run(act.planOrFinish, test.task), { type: 'NotStaged' });
      asked.length = 0;
      const again = await stage(storeThat());
      assert.ok(again.parts);
      const bytes = (of: string) => bytesOf(asked.filter(({ key }) => key === of).map(({ range }) => range));
      assert.ok(bytes(KEYS.B04) < 0.4 * bytes(B08), 'all of the new version, of the other what was missing');
      await finish();
      const found = (await rows()) as { pid: number; band: string; mean: number }[];
      const [x, y] = CORNERS[2];
      const [first, top] = [(x - 500_000) / 10, (5_650_000 - y - 100) / 10];
      const turned = Array.from({ length: 100 }, (_, i) => noise(first + (i % 10), top + Math.floor(i / 10)));
      const mean = turned.reduce((sum, one) => sum + one, 0) / 100;
      const third = found.filter(({ band }) => band.trim() === 'B08')[2]!;
      assert.ok(Math.abs(third.mean - mean) < 0.01, `${third.mean}, not ${mean}`);
    } finally {
      await writeFile(join(test.bucket, B08), kept);
    }
  });

  it('says that it waits for the quota while it does', async () => {
    const limits = { downloadMbps: 2 };
    const task = { ...test.task, order: { ...test.order, limits } };
    const act = stepsWith({ store: storeThat() });
    await run(act.claim, task);
    const staging = run(act.stage, task);
    const staged = await staging;
    const beats = staging.beats as Record<string, unknown>[];
    assert.ok(
      beats.some(({ waiting, tiles }) => waiting === 'for the download quota' && tiles !== undefined),
    );
    nothingTwice(staged);
    await run(act.discard, task);
    await run(act.release, task);
  });
});
