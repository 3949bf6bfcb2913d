/** Blocks are decoded while others are still fetched: the same rows, and nothing of it in anybody's way. */
import assert from 'node:assert/strict';
import { readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { HostDependencies } from '../../activities/dependencies.js';
import { OpenScenes } from '../../activities/host/open-scenes.js';
import { withTileLengths } from '../../bench/tile-lengths.js';
import { jp2File } from '../../demo/season/jp2-file.js';
import { PixelBudget } from '../../extraction/pixel-budget.js';
import type { DecodeTask, ForgetTask, ThreadResults, Threads, ThreadTask } from '../../extraction/tasks.js';
import type { ObjectStore } from '../../store/object-store.js';
import { skipWithoutServer } from '../database/database.js';
import { GRID } from '../database/season.js';
import { fill, KEYS, openTestDependencies, PARCELS, type TestDependencies } from './dependencies.js';
import { forget } from './masked-scene.js';
import { noise } from './noise.js';
import { run } from './run-activity.js';
import { SceneSteps } from './scene-steps.js';
import { storeWith } from './store-with.js';

const B08 = KEYS.B04.replace('_B04_', '_B08_');
const BANDS = [KEYS.B04, B08];
const SOD = Buffer.from('ff93', 'hex');

/** Threads that tell what was decoded before anybody needed it. */
class WatchedThreads implements Threads {
  /** Files and numbers of blocks that were decoded, in the order in which they were done. */
  readonly ahead: string[] = [];
  readonly needed: string[] = [];

  constructor(private readonly threads: Threads) {}

  get size(): number {
    return this.threads.size;
  }

  async run<T extends ThreadTask>(task: T, signal?: AbortSignal): Promise<ThreadResults[T['kind']]> {
    const result = await this.threads.run(task, signal);
    if (task.kind === 'decode') (task.isAhead === true ? this.ahead : this.needed).push(nameOf(task));
    return result;
  }

  broadcast(task: ForgetTask): Promise<void> {
    return this.threads.broadcast(task);
  }
}

function nameOf({ path, block }: DecodeTask): string {
  return `${/_(B..|SCL)_/.exec(path)?.[1] ?? path} ${block}`;
}

describe('decoding ahead', { skip: skipWithoutServer }, () => {
  let test: TestDependencies;
  let whole: object[];
  before(async () => {
    test = await openTestDependencies({
      order: { bands: ['B04', 'B08', 'SC'] },
      bands: { B08: { step: 10, pixel: noise } },
    });
    for (const key of BANDS) await write(key, noise);
    const nothingIdle = Object.assign(new PixelBudget(64 << 20), { borrowIdle: () => undefined });
    const { threads } = await extract({ budget: nothingIdle });
    assert.deepEqual(threads.ahead, []);
    whole = await rows();
    assert.equal(whole.length, 3 * PARCELS);
  });
  beforeEach(() => forget(test));
  after(() => test.close());

  async function write(key: string, pixel: typeof noise): Promise<void> {
    const file = await jp2File(fill(GRID, pixel, Uint16Array), GRID, { bits: 15, tileSize: 256 });
    await writeFile(join(test.bucket, key), withTileLengths(file));
  }

  const rows = async (): Promise<object[]> =>
    (
      await test.dependencies.pool.query<object>(`
        SELECT pid, trim(band) AS band, count, mean, std, min, max, p25, p50, p75, hist::text
        FROM sigs LEFT JOIN hists USING (pid, obsid) ORDER BY pid, band`)
    ).rows;

  /** A worker with threads and memory of its own. */
  function worker({
    budget = new PixelBudget(64 << 20),
    store = test.dependencies.store,
  }: Partial<Pick<HostDependencies, 'budget' | 'store'>> = {}) {
    const { coverages } = test.dependencies;
    const threads = new WatchedThreads(test.dependencies.threads);
    const scenes = new OpenScenes(threads, budget, coverages);
    const dependencies = { ...test.dependencies, threads, budget, store, scenes };
    return { threads, budget, scenes, act: new SceneSteps({ ...test, dependencies }).act() };
  }
  type Worker = ReturnType<typeof worker>;

  async function stage(on: Worker): Promise<void> {
    await run(on.act.claim, test.task);
    await run(on.act.stage, test.task);
  }

  async function finish({ act }: Worker): Promise<void> {
    const { pending } = await run(act.planOrFinish, test.task);
    for (const chunk of pending) await run(act.extractAndCopyChunk, { ...test.task, chunk });
    await run(act.mark, test.task, null);
    await run(act.discard, test.task);
  }

  async function extract(of: Parameters<typeof worker>[0]): Promise<Worker> {
    const on = worker(of);
    await stage(on);
    await finish(on);
    return on;
  }

  /** Keeps all ranges but the first few from coming, until `open` is called. */
  function held(after: number): { store: ObjectStore; open: () => void } {
    let open: () => void = () => undefined;
    const opened = new Promise<void>((resolve) => (open = resolve));
    let fetches = 0;
    const store = storeWith(test.dependencies.store, {
      fetch: async (object, span, file, options) => {
        if ((fetches += 1) > after) await opened;
        options?.signal?.throwIfAborted();
        await test.dependencies.store.fetch(object, span, file, options);
      },
    });
    return { store, open };
  }

  async function until(what: () => boolean): Promise<void> {
    for (let tries = 0; !what(); tries++) {
      assert.ok(tries < 500, 'it does not come');
      await sleep(10);
    }
  }

  /** Nothing is lent, not even what could be asked back, once no thread works there any more. */
  const isAllFree = async ({ budget }: Worker): Promise<void> => {
    await until(() => {
      const loan = budget.borrowIdle(budget.bytes, () => undefined);
      loan?.giveBack();
      return loan !== undefined;
    });
  };

  it('decodes what has come while the rest is fetched, and nothing twice', async () => {
    // Two headers, and the tiles of one band.
    const { store, open } = held(3);
    const on = worker({ store });
    const staging = stage(on);
    await until(() => on.threads.ahead.some((name) => name.startsWith('B')));
    assert.ok(!on.threads.ahead.some((name) => name.startsWith('B08')), on.threads.ahead.join());
    open();
    await staging;
    await until(() => on.threads.ahead.some((name) => name.startsWith('B08')));
    await finish(on);
    assert.deepEqual(await rows(), whole);
    const all = [...on.threads.ahead, ...on.threads.needed];
    assert.equal(new Set(all).size, all.length, all.join());
    await isAllFree(on);
  });

  it('fails at the extraction where a tile is damaged, and says in which file', async () => {
    const path = join(test.bucket, B08);
    const kept = await readFile(path);
    try {
      const damaged = Buffer.from(kept);
      // The heads of packets, right behind the mark (SOD) that ends the header of a tile.
      for (let at = damaged.indexOf(SOD); at >= 0; at = damaged.indexOf(SOD, at + 2))
        damaged.fill(0xff, at + 2, at + 40);
      await writeFile(path, damaged);
      const on = worker();
      await stage(on);
      await assert.rejects(finish(on), (error: Error & { type?: string }) => {
        assert.equal(error.type, 'BadRaster');
        assert.match(error.message, /_B08_/);
        return true;
      });
      await run(on.act.discard, test.task);
      await isAllFree(on);
    } finally {
      await writeFile(path, kept);
    }
  });

  it('lets go of it all where staging is cancelled in the middle', async () => {
    const { store, open } = held(3);
    const on = worker({ store });
    await run(on.act.claim, test.task);
    const staging = run(on.act.stage, test.task);
    await until(() => on.threads.ahead.length > 0);
    staging.cancel();
    open();
    await assert.rejects(staging);
    await isAllFree(on);
    await run(on.act.stage, test.task);
    await finish(on);
    assert.deepEqual(await rows(), whole);
  });

  it('gives its memory to a scene that waits for some, and decodes anew', async () => {
    const on = worker();
    await stage(on);
    const { pending } = await run(on.act.planOrFinish, test.task);
    const giveBack = await on.budget.borrow(on.budget.bytes, AbortSignal.timeout(5000));
    giveBack();
    for (const chunk of pending) await run(on.act.extractAndCopyChunk, { ...test.task, chunk });
    assert.deepEqual(await rows(), whole);
    assert.ok(on.threads.needed.includes(on.threads.ahead[0]!));
    await run(on.act.discard, test.task);
    await isAllFree(on);
  });

  it('takes nothing of the version before where an object is replaced while it is fetched', async () => {
    let fetches = 0;
    const path = join(test.bucket, B08);
    const store = storeWith(test.dependencies.store, {
      fetch: async (object, ...others) => {
        if (object.key === B08 && (fetches += 1) === 2) await utimes(path, new Date(), new Date());
        await test.dependencies.store.fetch(object, ...others);
      },
    });
    const on = worker({ store });
    await stage(on);
    await isAllFree(on);
    await finish(on);
    assert.deepEqual(await rows(), whole);
    assert.ok(on.threads.needed.some((name) => name.startsWith('B08')));
  });

  it('counts for nothing where parcels have come that need other pixels of the tiles', async () => {
    const on = worker();
    await stage(on);
    const { pool } = test.dependencies;
    await pool.query(`
      INSERT INTO parcels (ogc_fid, wkb_geometry)
      SELECT ${PARCELS + 1}, ST_Transform(ST_MakeEnvelope(500320, 5640620, 500420, 5640720, 32631), 31370)`);
    await finish(on);
    await pool.query(`DELETE FROM parcels WHERE ogc_fid > ${PARCELS}`);
    const found = (await rows()) as { pid: number }[];
    assert.deepEqual(
      found.filter(({ pid }) => pid <= PARCELS),
      whole,
    );
    assert.equal(found.length, whole.length + 3);
    assert.ok(on.threads.needed.includes(on.threads.ahead[0]!));
    await isAllFree(on);
  });

  it('is dropped with the scene', async () => {
    const on = worker();
    await stage(on);
    await run(on.act.discard, test.task);
    await isAllFree(on);
  });
});
