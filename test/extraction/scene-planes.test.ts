/** A scene's pixels in memory: decoded once, given back always. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { PixelBudget } from '../../extraction/pixel-budget.js';
import { ScenePlanes } from '../../extraction/scene-planes.js';
import { Coverage } from '../../zonal/index.js';
import {
  BYTES,
  coverage,
  decoded,
  Decoders,
  Gate,
  GRID,
  IMAGE,
  isFree,
  NEVER,
  scene,
} from './small-scene.js';

describe('ScenePlanes', () => {
  it('decodes the blocks a chunk needs, each once, for however many chunks', async () => {
    const { planes, threads } = scene(new PixelBudget(BYTES));
    const [first, again] = await Promise.all([decoded(planes, 1, 1, NEVER), decoded(planes, 1, 1, NEVER)]);
    assert.deepEqual(threads.blocks, [0]);
    assert.equal(first[0]?.pixels, again[0]?.pixels);
    await decoded(planes, 1, 2, NEVER);
    assert.deepEqual(threads.blocks, [0, 2, 3]);
  });

  it('decodes a block for the parcels of all chunks, whichever asks first', async () => {
    const { planes, threads } = scene(new PixelBudget(BYTES));
    await decoded(planes, 1, 1, NEVER);
    const { cell, across, marks } = threads.wanted!;
    const isWanted = (row: number, column: number): boolean =>
      marks[Math.floor(row / cell) * across + Math.floor(column / cell)] === 1;
    // Of parcel 1, of both ends of parcel 2, and of neither.
    assert.deepEqual(
      [isWanted(0, 2), isWanted(40, 30), isWanted(40, 33), isWanted(20, 2)],
      [true, true, true, false],
    );
  });

  it('decodes the blocks that pixels of a finer grid lie on, and all blocks for a mask that is widened, before it is', async () => {
    const threads = new Decoders();
    const budget = new PixelBudget(4 * BYTES);
    const coarse = { ...IMAGE, grid: { ...GRID, width: 32, height: 32 }, block: { width: 16, height: 16 } };
    const none = Coverage.allocate(coarse.grid, 0, 0);
    const under = (alignment?: { across: number; down: number; shiftX: number; shiftY: number }) => ({
      ...{ image: 0, coverage: coverage(), alignment },
    });
    const doubled = under({ across: 2, down: 2, shiftX: 0, shiftY: 0 });
    const fine = new ScenePlanes([coarse], [none], threads, budget, { alsoDecoded: [doubled] });
    await decoded(fine, 2, 2, NEVER);
    assert.deepEqual(threads.blocks, [2, 3]);
    fine.close();

    threads.blocks.length = 0;
    const clear = { classMap: 0, unclear: [9], widenM: 20 };
    const all = new ScenePlanes([coarse], [none], threads, budget, { alsoDecoded: [under()], clear });
    const masks = await Promise.all(
      [1, 2].map((pid) => all.use(pid, pid, NEVER, (_, mask) => Promise.resolve(mask))),
    );
    // The last task is that of the mask, which has no block.
    assert.deepEqual(threads.blocks, [0, 1, 2, 3, undefined]);
    assert.deepEqual([masks[0]?.pixelType, masks[0] === masks[1]], ['uint8', true]);
  });

  it('borrows room for the blocks that parcels touch, no more and no less', async () => {
    const budget = new PixelBudget(BYTES);
    const { planes } = scene(budget);
    // Parcels lie in three of the four blocks, so a quarter is left.
    const room = await planes.use(1, 1, NEVER, async () => [
      await isFree(budget, BYTES / 4),
      await isFree(budget, BYTES / 4 + 1),
    ]);
    assert.deepEqual(room, [true, false]);
  });

  it('reads a flat file by window, but for the class map of clear rows, which all chunks look up', async () => {
    const budget = new PixelBudget(BYTES);
    const threads = new Decoders();
    const flat = [1, 2].map(() => ({ ...IMAGE, flat: true }));
    const clear = { classMap: 1, unclear: [9], widenM: 0 };
    const planes = new ScenePlanes(flat, [coverage(), coverage()], threads, budget, { clear });
    const read = await planes.use(1, 2, NEVER, (ready, mask) => Promise.resolve({ ready, mask }));
    assert.deepEqual([read.ready[0], read.ready[1]?.width, read.mask], [undefined, 64, undefined]);
    assert.deepEqual(threads.blocks, [0, 2, 3]);
  });

  it('reads a band by window whose plane is larger than the whole budget', async () => {
    const { planes, threads } = scene(new PixelBudget(BYTES - 1));
    assert.deepEqual(await decoded(planes, 1, 2, NEVER), [undefined]);
    assert.deepEqual(threads.blocks, []);
  });

  it('decodes a block again that could not be decoded', async () => {
    const { planes, threads } = scene(new PixelBudget(BYTES));
    threads.fails = true;
    await assert.rejects(decoded(planes, 1, 1, NEVER), /damaged/);
    threads.fails = false;
    await decoded(planes, 1, 1, NEVER);
    assert.deepEqual(threads.blocks, [0, 0]);
  });

  it('gives its memory back, also where a chunk came back after that', async () => {
    const budget = new PixelBudget(BYTES);
    const { planes } = scene(budget);
    await decoded(planes, 1, 2, NEVER);
    planes.release();
    assert.ok(await isFree(budget));

    const others = await budget.borrow(BYTES);
    const waiting = decoded(planes, 1, 2, NEVER);
    await turn();
    planes.release();
    others();
    await waiting;
    planes.release();
    assert.ok(await isFree(budget));
  });

  it('borrows nothing any more once it is closed, whoever still works on it', async () => {
    const budget = new PixelBudget(BYTES);
    const { planes } = scene(budget);
    const others = await budget.borrow(BYTES);
    const waiting = decoded(planes, 1, 2, NEVER);
    await turn();
    planes.close();
    await assert.rejects(waiting, /not extracted here any more/);
    await assert.rejects(decoded(planes, 1, 2, NEVER), /not extracted here any more/);
    others();
    assert.ok(await isFree(budget));
  });

  it('lets one chunk be cancelled while another goes on with what both wait for', async () => {
    const budget = new PixelBudget(BYTES);
    const { planes } = scene(budget);
    const others = await budget.borrow(BYTES);
    const leaving = new AbortController();
    const left = decoded(planes, 1, 1, leaving.signal);
    const staying = decoded(planes, 1, 1, NEVER);
    await turn();
    leaving.abort(new Error('cancelled'));
    await assert.rejects(left, /cancelled/);
    others();
    assert.equal((await staying).length, 1);
  });

  it('hands its memory on to the next scene of that size', async () => {
    const budget = new PixelBudget(BYTES);
    const { planes } = scene(budget);
    const [first] = await decoded(planes, 1, 2, NEVER);
    planes.release();
    const next = scene(budget).planes;
    const [second] = await decoded(next, 1, 2, NEVER);
    assert.equal(second?.pixels, first?.pixels);
  });

  it('hands no memory on that a thread is still decoding into, though the scene is closed', async () => {
    const budget = new PixelBudget(BYTES);
    const { planes, threads } = scene(budget);
    threads.hold();
    const left = decoded(planes, 1, 2, NEVER).catch(() => undefined);
    await turn();
    assert.equal(threads.blocks.length, 3);
    planes.close();
    assert.equal(await isFree(budget), false);
    threads.letGo();
    await left;
    assert.ok(await isFree(budget));
  });

  it('hands no memory on that a chunk is still measured in, though the scene is closed', async () => {
    const budget = new PixelBudget(BYTES);
    const { planes } = scene(budget);
    const measured = new Gate();
    const measuring = planes.use(1, 2, NEVER, () => measured.opened);
    await turn();
    await turn();
    await turn();
    planes.close();
    assert.equal(await isFree(budget), false);
    measured.open();
    await measuring;
    assert.ok(await isFree(budget));
  });

  it('gives back what was granted to a chunk that had left', async () => {
    const budget = new PixelBudget(BYTES);
    const { planes } = scene(budget);
    const others = await budget.borrow(BYTES);
    const leaving = new AbortController();
    const left = decoded(planes, 1, 1, leaving.signal);
    await turn();
    leaving.abort(new Error('cancelled'));
    await assert.rejects(left, /cancelled/);
    others();
    await turn();
    planes.release();
    assert.ok(await isFree(budget));
  });
});
