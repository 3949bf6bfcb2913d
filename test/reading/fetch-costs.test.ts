/** When ranges are worth their requests: at the bounds, reckoned by hand from 20 ms a request and four connections of 20 MB/s. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { areWorthIt, isChainWorthIt, pieces, withGaps } from '../../reading/fetch-costs.js';

const MB = 1e6;

describe('what is brought of an object', () => {
  it('is joined over gaps that cost no more than a request, 100 kB', () => {
    const two = (gap: number) => [
      { from: 0, to: MB },
      { from: MB + gap, to: 3 * MB },
    ];
    assert.equal(withGaps(two(100_000)).length, 1);
    assert.equal(withGaps(two(100_001)).length, 2);
  });

  it('is all of it where parts and their requests come to more than 95 %', () => {
    assert.equal(areWorthIt([{ from: 0, to: 94.9 * MB }], 100 * MB), true);
    assert.equal(areWorthIt([{ from: 0, to: 94.9 * MB + 1 }], 100 * MB), false);
    const two = [
      { from: 0, to: MB },
      { from: 2 * MB, to: 3 * MB },
    ];
    assert.equal(areWorthIt(two, 2.4 * MB), true);
    assert.equal(areWorthIt(two, 2.3 * MB), false);
  });

  it('comes in pieces of 16 MB at most that are as long as each other', () => {
    assert.deepEqual(pieces([{ from: 5, to: 5 + 16 * MB }]), [{ from: 5, to: 5 + 16 * MB }]);
    const three = pieces([{ from: 0, to: 33 * MB }]);
    assert.deepEqual(
      three.map(({ from, to }) => to - from),
      [11 * MB, 11 * MB, 11 * MB],
    );
    assert.deepEqual(pieces([]), []);
  });
});

describe('a chain', () => {
  it('is followed where it ends before all objects would have come', () => {
    // 121 steps take 2.42 s, in which 193.6 MB come, and 16 MB more are fetched behind it.
    assert.equal(isChainWorthIt(121, 209.6 * MB), false);
    assert.equal(isChainWorthIt(121, 209.7 * MB), true);
    assert.equal(isChainWorthIt(121, 125 * MB), false, 'one band of a Sentinel-2 tile');
    assert.equal(isChainWorthIt(40, 125 * MB), true, 'one band, the upper third');
  });
});
