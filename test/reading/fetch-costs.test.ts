/** When ranges are worth their requests: at the bounds, reckoned by hand from 20 ms a request and four connections of 20 MB/s. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FetchCosts, pieces, USUAL_SPEED } from '../../reading/fetch-costs.js';
import { readSettings } from '../../workers/settings.js';

const MB = 1e6;
const costs = new FetchCosts();

describe('what is brought of an object', () => {
  it('is joined over gaps that cost no more than a request, 100 kB', () => {
    const two = (gap: number) => [
      { from: 0, to: MB },
      { from: MB + gap, to: 3 * MB },
    ];
    assert.equal(costs.withGaps(two(100_000)).length, 1);
    assert.equal(costs.withGaps(two(100_001)).length, 2);
  });

  it('is all of it where parts and their requests come to more than 95 %', () => {
    assert.equal(costs.areWorthIt([{ from: 0, to: 94.9 * MB }], 100 * MB), true);
    assert.equal(costs.areWorthIt([{ from: 0, to: 94.9 * MB + 1 }], 100 * MB), false);
    const two = [
      { from: 0, to: MB },
      { from: 2 * MB, to: 3 * MB },
    ];
    assert.equal(costs.areWorthIt(two, 2.4 * MB), true);
    assert.equal(costs.areWorthIt(two, 2.3 * MB), false);
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
    assert.equal(costs.areGuessesWorthIt(85 * MB, 4, 100 * MB), true);
    assert.equal(costs.areGuessesWorthIt(85 * MB + 1, 4, 100 * MB), false);
    assert.equal(costs.areGuessesWorthIt(85 * MB, 5, 100 * MB), false);
    assert.equal(costs.areGuessesWorthIt(0, 1, 2.8 * MB), false, 'a class map');
  });
});

describe('a chain', () => {
  it('is followed where it ends before all objects would have come, at twice the time of its requests', () => {
    // 61 steps take 2.44 s, in which 195.2 MB come, and 16 MB more are fetched behind it.
    assert.equal(costs.isChainWorthIt(61, 211.2 * MB), false);
    assert.equal(costs.isChainWorthIt(61, 211.3 * MB), true);
    assert.equal(costs.isChainWorthIt(121, 266 * MB), false, 'two bands of a Sentinel-2 tile');
    assert.equal(costs.isChainWorthIt(30, 125 * MB), true, 'one band, the upper quarter');
  });
});

describe('settings of a worker', () => {
  const speed = (other: object) => new FetchCosts({ ...USUAL_SPEED, ...other });
  const gap = (one: FetchCosts, bytes: number) =>
    one.withGaps([
      { from: 0, to: 1 },
      { from: 1 + bytes, to: 2 + bytes },
    ]).length;

  it('make ranges cheap where a store answers at once, and dear where it is far', () => {
    const [near, far] = [speed({ requestSeconds: 0.001 }), speed({ requestSeconds: 0.2 })];
    assert.equal(near.fewestBytes, 40_000);
    assert.equal(far.fewestBytes, 8 * MB);
    assert.deepEqual([gap(near, 5_000), gap(near, 5_001)], [1, 2]);
    assert.deepEqual([gap(far, MB), gap(far, MB + 1)], [1, 2]);
    assert.equal(near.isChainWorthIt(121, 266 * MB), true);
    assert.equal(far.isChainWorthIt(8, 266 * MB), false);
  });

  it('read over larger gaps where fewer connections bring meanwhile', () => {
    const one = speed({ connections: 1 });
    assert.deepEqual([gap(one, 400_000), gap(one, 400_001)], [1, 2]);
    assert.equal(one.isChainWorthIt(121, 266 * MB), true);
  });

  it('are what requests take by PARCELWISE_REQUEST_MS and PARCELWISE_CONNECTION_MB_PER_S', () => {
    const { requestSeconds, bytesPerSecond, connections } = readSettings({
      PARCELWISE_REQUEST_MS: '5',
      PARCELWISE_CONNECTION_MB_PER_S: '100',
    });
    assert.deepEqual(
      { requestSeconds, bytesPerSecond, connections },
      { requestSeconds: 0.005, bytesPerSecond: 1e8, connections: 4 },
    );
    assert.throws(() => readSettings({ PARCELWISE_REQUEST_MS: 'soon' }), /PARCELWISE_REQUEST_MS is "soon"/);
  });
});
