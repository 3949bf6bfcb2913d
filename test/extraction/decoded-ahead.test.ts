/** Planes that are decoded before a chunk asks for them: a start for it, and never in anybody's way. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { DecodedAhead } from '../../extraction/decoded-ahead.js';
import { PixelBudget } from '../../extraction/pixel-budget.js';
import { WantedPlanes } from '../../extraction/wanted-planes.js';
import { Coverage } from '../../zonal/index.js';
import { BYTES, coverage, decoded, Decoders, GRID, IMAGE, isFree, NEVER, scene } from './small-scene.js';

describe('a scene of which blocks are decoded ahead', () => {
  const needs = (images = [IMAGE], coverages = [coverage()]) => ({ images, coverages });
  const begin = (budget: PixelBudget, threads: Decoders, wanted = needs()): DecodedAhead =>
    DecodedAhead.begin(new WantedPlanes(wanted, undefined, budget.bytes), threads, budget)!;

  it('decodes the other blocks alone, in the same memory', async () => {
    const budget = new PixelBudget(BYTES);
    const { planes, threads } = scene(budget);
    const ahead = begin(budget, threads);
    ahead.decode(0, 2);
    ahead.decode(0, 2);
    assert.deepEqual(threads.blocks, [2]);
    await turn();
    assert.ok(planes.adopt(ahead));
    await decoded(planes, 1, 2, NEVER);
    assert.deepEqual(threads.blocks, [2, 0, 3]);
    assert.equal(await isFree(budget, BYTES / 4 + 1), false, 'it is lent once');
    planes.release();
    assert.ok(await isFree(budget));
  });

  it('is not adopted where a parcel, a band or a file is not among what was decoded', async () => {
    const budget = new PixelBudget(4 * BYTES);
    const { planes, threads } = scene(budget);
    const fewer = Coverage.allocate(GRID, 1, 1);
    fewer.pids.set([1]);
    fewer.offsets.set([0, 1]);
    fewer.length.set([3]);
    const elsewhere = { ...IMAGE, path: 'other.jp2' };
    for (const other of [needs([IMAGE], [fewer]), needs([elsewhere]), needs([], [])])
      assert.equal(planes.adopt(begin(budget, threads, other)), false);
    // Another pixel of the same blocks.
    const beside = coverage();
    beside.start[0] = 16;
    assert.equal(planes.adopt(begin(budget, threads, needs([IMAGE], [beside]))), false);
    const more = Coverage.allocate(GRID, 3, 3);
    more.pids.set([1, 2, 3]);
    more.offsets.set([0, 1, 2, 3]);
    more.start.set([0, 40 * 64 + 30, 40]);
    more.length.set([3, 4, 2]);
    assert.ok(planes.adopt(begin(budget, threads, needs([IMAGE], [more]))));
    await decoded(planes, 1, 2, NEVER);
  });

  it('decodes a block again that failed, and tells what it fails with then', async () => {
    const budget = new PixelBudget(BYTES);
    const { planes, threads } = scene(budget);
    const ahead = begin(budget, threads);
    threads.fails = true;
    ahead.decode(0, 0);
    await turn();
    planes.adopt(ahead);
    await assert.rejects(decoded(planes, 1, 1, NEVER), /damaged/);
    threads.fails = false;
    await decoded(planes, 1, 1, NEVER);
    assert.deepEqual(threads.blocks, [0, 0, 0]);
  });

  it('takes its blocks out of the queue and asks again, where they come behind all others', async () => {
    const budget = new PixelBudget(BYTES);
    const { planes, threads } = scene(budget);
    const ahead = begin(budget, threads);
    ahead.decode(0, 0);
    planes.adopt(ahead);
    await decoded(planes, 1, 1, NEVER);
    assert.deepEqual(
      [threads.blocks, threads.isAhead],
      [
        [0, 0],
        [true, false],
      ],
    );
  });

  it('gives its memory back to a scene that waits, once no thread works on it, and starts anew', async () => {
    const budget = new PixelBudget(BYTES);
    const { planes, threads } = scene(budget);
    const ahead = begin(budget, threads);
    threads.hold();
    ahead.decode(0, 0);
    planes.adopt(ahead);
    let granted = false;
    const waiting = budget.borrow(BYTES).then((giveBack) => {
      granted = true;
      return giveBack;
    });
    await turn();
    assert.equal(granted, false, 'a thread is writing there');
    threads.letGo();
    const giveBack = await waiting;
    ahead.decode(0, 2);
    assert.deepEqual(threads.blocks, [0], 'nothing more is decoded');
    const later = decoded(planes, 1, 1, NEVER);
    giveBack();
    await later;
    assert.deepEqual(threads.blocks, [0, 0]);
  });

  it('lets every scene through where chunks wait for memory that a scene without a chunk under way holds', async () => {
    const budget = new PixelBudget(BYTES);
    const threads = new Decoders();
    const scenes = Array.from({ length: 3 }, () => {
      const { planes } = scene(budget, threads);
      const ahead = DecodedAhead.begin(new WantedPlanes(needs(), undefined, BYTES), threads, budget);
      ahead?.decode(0, 0);
      if (ahead) planes.adopt(ahead);
      return planes;
    });
    // One slot, and the scene that holds the memory is the last to be asked for.
    for (const planes of scenes.reverse()) {
      await decoded(planes, 1, 2, AbortSignal.timeout(2000));
      planes.release();
    }
    assert.ok(await isFree(budget));
  });

  it('leaves nothing lent where it is closed before a chunk has come', async () => {
    const budget = new PixelBudget(BYTES);
    const { planes, threads } = scene(budget);
    planes.adopt(begin(budget, threads));
    planes.close();
    assert.ok(await isFree(budget));
  });
});
