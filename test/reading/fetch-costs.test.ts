/** When ranges are worth their requests: at the bounds, reckoned by hand from 20 ms a request and four connections of 20 MB/s. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  areGuessesWorthIt,
  areWorthIt,
  isChainWorthIt,
  pieces,
  withGaps,
} from '../../reading/fetch-costs.js';

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

describe('blocks that are looked for where they may lie', () => {
  it('are, where that takes less than the object, by five requests one after the other', () => {
    // 8 MB come meanwhile, and each of four that go on side by side costs half a megabyte more.
    assert.equal(areGuessesWorthIt(85 * MB, 4, 100 * MB), true);
    assert.equal(areGuessesWorthIt(85 * MB + 1, 4, 100 * MB), false);
    assert.equal(areGuessesWorthIt(85 * MB, 5, 100 * MB), false);
    assert.equal(areGuessesWorthIt(0, 1, 2.8 * MB), false, 'a class map');
  });
});

describe('a chain', () => {
  it('is followed where it ends before all objects would have come, at twice the time of its requests', () => {
    // 61 steps take 2.44 s, in which 195.2 MB come, and 16 MB more are fetched behind it.
    assert.equal(isChainWorthIt(61, 211.2 * MB), false);
    assert.equal(isChainWorthIt(61, 211.3 * MB), true);
    assert.equal(isChainWorthIt(121, 266 * MB), false, 'two bands of a Sentinel-2 tile');
    assert.equal(isChainWorthIt(30, 125 * MB), true, 'one band, the upper quarter');
  });
});
