/** A scene's pixels in memory: decoded once, given back always. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { PixelBudget } from '../../extraction/pixel-budget.js';
import { type Image, ScenePlanes } from '../../extraction/scene-images.js';
import type { DecodeTask, Threads, ThreadTask } from '../../extraction/tasks.js';
import { Coverage } from '../../zonal/coverage.js';

const GRID = { epsg: 32631, width: 64, height: 64, originX: 0, originY: 640, stepX: 10, stepY: -10 };
const BYTES = 64 * 64;
const NEVER = new AbortController().signal;
const IMAGE: Image = {
  ...{ path: 'B04.jp2', rasterBand: 1, grid: GRID, pixelType: 'uint8', noData: undefined },
  ...{ block: { width: 32, height: 32 }, flat: false },
};

/** Parcel 1 in the upper left block, parcel 2 across both lower ones. */
function coverage(): Coverage {
  const made = Coverage.allocate(GRID, 2, 2);
  made.pids.set([1, 2]);
  made.offsets.set([0, 1, 2]);
  made.start.set([0, 40 * 64 + 30]);
  made.length.set([3, 4]);
  return made;
}

/** Decodes when it is told to. */
class Decoders implements Threads {
  readonly size = 1;
  readonly blocks: number[] = [];
  fails = false;

  async run(task: ThreadTask, signal?: AbortSignal): Promise<never> {
    this.blocks.push((task as DecodeTask).block);
    await turn();
    signal?.throwIfAborted();
    if (this.fails) throw new Error('B04.jp2: a block is damaged');
    return null as never;
  }

  broadcast(): Promise<void> {
    return Promise.resolve();
  }
}

function scene(budget: PixelBudget, threads = new Decoders()): { planes: ScenePlanes; threads: Decoders } {
  return { planes: new ScenePlanes([IMAGE], [coverage()], threads, budget), threads };
}

/** Whether the whole budget can be borrowed. */
async function isFree(budget: PixelBudget): Promise<boolean> {
  let free = false;
  const borrowed = budget.borrow(budget.bytes, AbortSignal.timeout(200)).then(
    (giveBack) => {
      free = true;
      giveBack();
    },
    () => undefined,
  );
  await borrowed;
  return free;
}

describe('ScenePlanes', () => {
  it('decodes the blocks a chunk needs, each once, for however many chunks', async () => {
    const { planes, threads } = scene(new PixelBudget(BYTES));
    const [first, again] = await Promise.all([planes.ready(1, 1, NEVER), planes.ready(1, 1, NEVER)]);
    assert.deepEqual(threads.blocks, [0]);
    assert.equal(first[0]?.pixels, again[0]?.pixels);
    await planes.ready(1, 2, NEVER);
    assert.deepEqual(threads.blocks, [0, 2, 3]);
  });

  it('reads a band by window whose plane is larger than the whole budget', async () => {
    const { planes, threads } = scene(new PixelBudget(BYTES - 1));
    assert.deepEqual(await planes.ready(1, 2, NEVER), [undefined]);
    assert.deepEqual(threads.blocks, []);
  });

  it('decodes a block again that could not be decoded', async () => {
    const { planes, threads } = scene(new PixelBudget(BYTES));
    threads.fails = true;
    await assert.rejects(planes.ready(1, 1, NEVER), /damaged/);
    threads.fails = false;
    await planes.ready(1, 1, NEVER);
    assert.deepEqual(threads.blocks, [0, 0]);
  });

  it('gives its memory back, also what it was still waiting for', async () => {
    const budget = new PixelBudget(BYTES);
    const { planes } = scene(budget);
    await planes.ready(1, 2, NEVER);
    planes.release();
    assert.ok(await isFree(budget));

    const others = await budget.borrow(BYTES);
    const waiting = planes.ready(1, 2, NEVER);
    await turn();
    planes.release();
    others();
    await waiting;
    assert.ok(await isFree(budget));
  });

  it('borrows nothing any more once it is closed, whoever still works on it', async () => {
    const budget = new PixelBudget(BYTES);
    const { planes } = scene(budget);
    const others = await budget.borrow(BYTES);
    const waiting = planes.ready(1, 2, NEVER);
    await turn();
    planes.close();
    await assert.rejects(waiting, /not extracted here any more/);
    await assert.rejects(planes.ready(1, 2, NEVER), /not extracted here any more/);
    others();
    assert.ok(await isFree(budget));
  });

  it('lets one chunk be cancelled while another goes on with what both wait for', async () => {
    const budget = new PixelBudget(BYTES);
    const { planes } = scene(budget);
    const others = await budget.borrow(BYTES);
    const leaving = new AbortController();
    const left = planes.ready(1, 1, leaving.signal);
    const staying = planes.ready(1, 1, NEVER);
    await turn();
    leaving.abort(new Error('cancelled'));
    await assert.rejects(left, /cancelled/);
    others();
    assert.equal((await staying).length, 1);
  });
});
