/** Scenes of which only the tiles with parcels are fetched: the same rows, fewer bytes, whatever happens on the way. */
import assert from 'node:assert/strict';
import { readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { Staged } from '../../activities/contract.js';
import type { HostDependencies } from '../../activities/dependencies.js';
import { databaseActivities, hostActivities, stageActivities } from '../../activities/registered.js';
import { selectionOf } from '../../campaigns/order.js';
import { lookAt } from '../../forecast/look.js';
import { withTileLengths } from '../../bench/tile-lengths.js';
import { HEAD_BYTES } from '../../reading/fetch-costs.js';
import type { ObjectStore } from '../../store/object-store.js';
import { skipWithoutServer } from '../database/database.js';
import { KEYS, openTestDependencies, PARCELS, type TestDependencies } from './dependencies.js';
import { forget } from './masked-scene.js';
import { noise } from './noise.js';
import { run } from './run-activity.js';
import { storeWith } from './store-with.js';

const B08 = KEYS.B04.replace('_B04_', '_B08_');

describe('a scene whose parcels lie in a few of its tiles', { skip: skipWithoutServer }, () => {
  let test: TestDependencies;
  let whole: Record<string, unknown>[];
  let bytesOfBucket: number;
  before(async () => {
    test = await openTestDependencies({
      order: { bands: ['B08', 'SC'] },
      bands: { B08: { step: 10, pixel: noise } },
    });
    const path = join(test.bucket, B08);
    await writeFile(path, withTileLengths(await readFile(path)));
    bytesOfBucket = (await stat(path)).size + (await stat(join(test.bucket, KEYS.SC))).size;
    // Without versions nothing is fetched in parts.
    const staged = await extract(storeOf({ hidesVersions: true }));
    assert.deepEqual([staged.bytes, staged.parts], [bytesOfBucket, undefined]);
    whole = await rows();
  });
  const startOver = async (): Promise<void> => {
    await forget(test);
    await test.dependencies.pool.query(`DELETE FROM parcels WHERE ogc_fid > ${PARCELS}`);
  };
  beforeEach(startOver);
  after(() => test.close());

  const rows = async (): Promise<Record<string, unknown>[]> =>
    (
      await test.dependencies.pool.query<Record<string, unknown>>(`
        SELECT pid, trim(band) AS band, count, mean, std, min, max, p25, p50, p75, hist::text
        FROM sigs LEFT JOIN hists USING (pid, obsid) ORDER BY pid, band`)
    ).rows;

  interface Watched {
    readonly hidesVersions?: boolean;
    /** Done before the n-th range is asked for, counted from 1. */
    readonly onFetch?: (count: number) => Promise<void>;
  }
  const fetched: number[] = [];
  function storeOf({ hidesVersions = false, onFetch }: Watched = {}): ObjectStore {
    const { store } = test.dependencies;
    let fetches = 0;
    fetched.length = 0;
    return storeWith(store, {
      async *list(prefix: string) {
        for await (const { key, bytes, etag } of store.list(prefix))
          yield hidesVersions ? { key, bytes } : { key, bytes, ...(etag !== undefined && { etag }) };
      },
      fetch: async (object, span, file, options) => {
        fetches += 1;
        await onFetch?.(fetches);
        await store.fetch(object, span, file, options);
        fetched.push(span.to - span.from);
      },
    });
  }
  const act = (store: ObjectStore, freeBytes?: () => number) => {
    const { scratch } = test.dependencies;
    const roomy = Object.assign(Object.create(scratch) as typeof scratch, {
      freeBytes: () => Promise.resolve(freeBytes?.() ?? Infinity),
    });
    const dependencies: HostDependencies = { ...test.dependencies, store, scratch: roomy };
    return {
      ...databaseActivities(dependencies),
      ...stageActivities(dependencies),
      ...hostActivities(dependencies),
    };
  };

  /** What comes after the scene is staged. */
  async function finish(steps: ReturnType<typeof act>): Promise<void> {
    const { task } = test;
    const { pending } = await run(steps.planOrFinish, task);
    for (const chunk of pending) await run(steps.extractAndCopyChunk, { ...task, chunk });
    await run(steps.mark, task, null);
    await run(steps.discard, task);
  }

  /** Takes the scene through its steps; `between` happens after it is staged. */
  async function extract(store: ObjectStore, between?: () => Promise<unknown>): Promise<Staged> {
    const { task } = test;
    const steps = act(store);
    await run(steps.claim, task);
    const staged = await run(steps.stage, task);
    await between?.();
    await finish(steps);
    return staged;
  }

  it('has the same rows and histograms, and those tiles alone are fetched', async () => {
    const staged = await extract(storeOf());
    assert.deepEqual(await rows(), whole);
    // All parcels lie in the lowest of four rows of tiles.
    assert.deepEqual(staged.parts, { ofBytes: bytesOfBucket, blocks: 4, ofBlocks: 16 });
    assert.ok(staged.bytes < 0.3 * bytesOfBucket, `${staged.bytes} of ${bytesOfBucket}`);
    assert.ok(fetched.reduce((sum, bytes) => sum + bytes, 0) < 0.3 * bytesOfBucket);
  });

  it('is foretold by the boxes of its parcels', async () => {
    const { dependencies, order, task } = test;
    const selection = await dependencies.selections.check(selectionOf(order));
    const { pool } = dependencies;
    const watched = { signal: new AbortController().signal, onProgress: () => undefined };
    const [look] = await lookAt({ pool, bucket: () => storeOf() }, selection, order, [task.scene], watched);
    const staged = await extract(storeOf());
    assert.equal(look!.bytes, staged.bytes);
    const wholes = await lookAt(
      { pool, bucket: () => storeOf({ hidesVersions: true }) },
      selection,
      order,
      [task.scene],
      watched,
    );
    assert.equal(wholes[0]!.bytes, bytesOfBucket);
  });

  it('tells how much is wanted of how much there is while it is staged', async () => {
    const { task } = test;
    const steps = act(storeOf());
    await run(steps.claim, task);
    const staging = run(steps.stage, task);
    await staging;
    const last = staging.beats.at(-1) as Record<string, unknown>;
    assert.equal(last.tiles, '4 of 16');
    assert.equal(last.inStore, Math.round(bytesOfBucket / 1e5) / 10);
    assert.ok((last.of as number) < 0.3 * last.inStore);
    const beats = staging.beats as { phase: string; megabytes: number; of: number }[];
    assert.deepEqual(
      [...new Set(beats.map(({ phase }) => phase))],
      ['headers', 'finding tiles with parcels', 'tiles with parcels'],
    );
    assert.ok(
      beats.every(({ megabytes, of }) => megabytes <= of),
      'never more than is wanted',
    );
    await run(steps.discard, task);
    await run(steps.release, task);
  });

  it('is staged from what lies there when staging was broken off', async () => {
    const { task } = test;
    const broken = storeOf({
      onFetch: (count) => (count > 1 ? Promise.reject(new Error('killed')) : Promise.resolve()),
    });
    await run(act(broken).claim, task);
    await assert.rejects(run(act(broken).stage, task), /killed/);
    await extract(storeOf());
    assert.deepEqual(await rows(), whole);
    assert.ok(!fetched.includes(1 << 15), 'the header lies there');
  });

  it('is staged where the disk has room for what is still missing', async () => {
    const { task } = test;
    const wanted = (await extract(storeOf())).bytes;
    await startOver();
    const broken = storeOf({
      onFetch: (count) => (count > 1 ? Promise.reject(new Error('killed')) : Promise.resolve()),
    });
    await run(act(broken).claim, task);
    await assert.rejects(run(act(broken).stage, task), /killed/);
    const staging = run(act(storeOf(), () => wanted - HEAD_BYTES).stage, task);
    await staging;
    const last = staging.beats.at(-1) as Record<string, unknown>;
    assert.equal(last.megabytes, last.of, 'what was there counts');
    await finish(act(storeOf()));
    assert.deepEqual(await rows(), whole);
  });

  it('takes the new version whole where an object is replaced between two ranges', async () => {
    const path = join(test.bucket, B08);
    const replace = async (count: number): Promise<void> => {
      if (count === 2) await utimes(path, new Date(), new Date());
    };
    const staged = await extract(storeOf({ onFetch: replace }));
    assert.deepEqual([staged.bytes, staged.parts], [bytesOfBucket, undefined]);
    assert.deepEqual(await rows(), whole);
  });

  it('is fetched further where a parcel has come meanwhile in a tile that was not', async () => {
    const { dependencies, task } = test;
    const store = storeOf();
    const steps = act(store);
    await run(steps.claim, task);
    const first = await run(steps.stage, task);
    await dependencies.pool.query(`
      INSERT INTO parcels (ogc_fid, wkb_geometry)
      SELECT ${PARCELS + 1}, ST_Transform(ST_MakeEnvelope(505000, 5645000, 505100, 5645100, 32631), 31370)`);
    await assert.rejects(run(steps.planOrFinish, task), { type: 'NotStaged' });
    const before = fetched.length;
    const second = await run(steps.stage, task);
    assert.equal(second.parts?.blocks, first.parts!.blocks + 1);
    assert.equal(fetched.length, before + 1, 'only what was missing');
    await finish(steps);
    const all = await rows();
    assert.deepEqual(
      all.filter(({ pid }) => (pid as number) <= PARCELS),
      whole,
    );
    assert.equal(all.length, whole.length + 2);
  });

  it('is staged by the parcels that were planned last, and further where others have come since', async () => {
    const { dependencies, task } = test;
    await extract(storeOf());
    await forget(test);
    await dependencies.pool.query(`
      INSERT INTO parcels (ogc_fid, wkb_geometry)
      SELECT ${PARCELS + 1}, ST_Transform(ST_MakeEnvelope(505000, 5645000, 505100, 5645100, 32631), 31370)`);
    const steps = act(storeOf());
    await run(steps.claim, task);
    assert.equal((await run(steps.stage, task)).parts?.blocks, 4);
    await assert.rejects(run(steps.planOrFinish, task), { type: 'NotStaged' });
    assert.equal((await run(steps.stage, task)).parts?.blocks, 5);
    await finish(steps);
    assert.equal((await rows()).length, whole.length + 2);
    // The next test's parcels are those of before.
    dependencies.coverages.saw(await dependencies.selections.check(selectionOf(task.order)), 'none');
  });

  it('is fetched whole where a reader meets what was not fetched', async () => {
    const { dependencies, task } = test;
    const steps = act(storeOf());
    await run(steps.claim, task);
    const staged = await run(steps.stage, task);
    assert.ok(staged.parts);
    const { pending } = await run(steps.planOrFinish, task);
    // As if the list had been lost.
    const folder = dependencies.scratch.sceneFolder(task.order.tables.results, 1);
    for (const name of await readdir(folder)) if (name.endsWith('.list')) await rm(join(folder, name));
    await dependencies.scenes.forget(folder);
    await assert.rejects(run(steps.extractAndCopyChunk, { ...task, chunk: pending[0]! }), {
      type: 'NotStaged',
    });
    const again = await run(steps.stage, task);
    assert.deepEqual([again.bytes, again.parts], [bytesOfBucket, undefined]);
    await finish(steps);
    assert.deepEqual(await rows(), whole);
  });
});
