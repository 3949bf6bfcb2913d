/** Edges that come from far away: they are stepped along within the window, and the steps end. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { touchEdge } from '../../zonal/touched-edges.js';

const SIZE = 10_980;
/** Beyond this many pixels from the grid no window begins. */
const FARTHEST = 2 ** 31;

/** How many runs there are, at most one more than there may be. */
function runsOf(first: number, edge: readonly [number, number, number, number]): number {
  const window = { firstColumn: first, endColumn: first + SIZE, firstRow: first, endRow: first + SIZE };
  let runs = 0;
  const count = (): void => {
    if (++runs > 2 * SIZE + 2) throw new Error('there is no end of runs');
  };
  touchEdge(window, ...edge, count);
  return runs;
}

describe('an edge from beyond the grid', () => {
  for (const first of [0, 1, 1000, 2 ** 22, FARTHEST - SIZE, FARTHEST]) {
    it(`is stepped along in a window from pixel ${first} on, up and down`, () => {
      for (const lean of [5.26, 0.3, 700]) {
        for (const height of [8e8, 1e6, 3e4]) {
          const [x, y] = [first + 6794.74, first + 10_929.16];
          assert.ok(runsOf(first, [x + lean, y - height, x, y]) > 0);
          assert.ok(runsOf(first, [x, y - height, x + lean, y]) > 0);
          assert.ok(runsOf(first, [x, first + 3, x + lean, first + height]) > 0);
          assert.ok(runsOf(first, [x, first, x + lean, first + height]) > 0);
        }
      }
    });
  }
});
