/** The chunks a scene is cut into. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { cut } from '../../activities/plan.js';

const pids = (count: number): number[] => Array.from({ length: count }, (_, i) => 3 * i + 7);
const sizes = (count: number, size: number): number[] =>
  cut(pids(count), size).map(({ firstPid, lastPid }) => (lastPid - firstPid) / 3 + 1);

describe('cut', () => {
  it('puts each parcel into one chunk, in order, and no chunk over its size', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20_000 }), fc.integer({ min: 1, max: 9_000 }), (count, size) => {
        const all = pids(count);
        const chunks = cut(all, size);
        let from = 0;
        chunks.forEach(({ chunk, firstPid, lastPid }, i) => {
          assert.equal(chunk, i);
          assert.equal(firstPid, all[from]);
          const to = all.indexOf(lastPid) + 1;
          assert.ok(to > from && to - from <= size);
          from = to;
        });
        assert.equal(from, count);
      }),
    );
  });

  it('makes the last chunks of many smaller and smaller', () => {
    assert.deepEqual(sizes(300_000, 30_000).slice(8), [30_000, 15_000, 7_500, 3_750, 2_500, 1_250]);
    assert.deepEqual(sizes(40, 15), [15, 15, 10]);
  });

  it('leaves a scene whole that fits one chunk', () => {
    assert.deepEqual(sizes(30_000, 30_000), [30_000]);
    assert.deepEqual(cut([], 30_000), [{ chunk: 0, firstPid: 0, lastPid: 0 }]);
  });
});
