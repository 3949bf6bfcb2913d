/** How far coefficients reach, by the wavelet itself: one that is not 0 in sub-bands of zeros changes these samples, and no others. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { divideTile, tileBudget } from '../../rasters/jpeg2000/geometry.js';
import { inverseWavelet } from '../../rasters/jpeg2000/inverse-wavelet.js';
import { threadKernel } from '../../rasters/jpeg2000/kernel.js';
import { allocatePlane } from '../../rasters/jpeg2000/plane.js';
import { reachOf } from '../../rasters/jpeg2000/reach.js';
import type { Rectangle } from '../../rasters/jpeg2000/siz.js';

const LEVELS = 3;

/** The smallest rectangle that holds all samples which a large coefficient of the sub-band changes. */
function changedBy(tile: Rectangle, band: number, x: number, y: number, reversible: boolean): Rectangle {
  const kernel = threadKernel();
  kernel.reset();
  const coding = {
    ...{ levels: LEVELS, blockExponentX: 6, blockExponentY: 6, blockStyle: 0, reversible },
    precincts: Array.from({ length: LEVELS + 1 }, () => ({ x: 15, y: 15 })),
  };
  const component = divideTile(tile, coding, tileBudget(1000, 1));
  const planes = component.resolutions.map(({ subbands }) => {
    const width = Math.max(...subbands.map(({ x0, x1 }) => x1 - x0));
    return subbands.map(({ y0, y1 }) => allocatePlane(kernel, width, y1 - y0, true));
  });
  const { address, stride } = planes.flat()[band]!;
  const { x0, y0 } = component.subbands[band]!;
  const at = address + (y - y0) * stride + 4 * (x - x0);
  if (reversible) new Int32Array(kernel.buffer, at, 1)[0] = 1 << 24;
  else new Float32Array(kernel.buffer, at, 1)[0] = 1e9;
  const made = inverseWavelet(kernel, component, planes, reversible);
  const found = { x0: Infinity, y0: Infinity, x1: -Infinity, y1: -Infinity };
  for (let row = tile.y0; row < tile.y1; row++) {
    const values = new Int32Array(
      kernel.buffer,
      made.address + (row - tile.y0) * made.stride,
      tile.x1 - tile.x0,
    );
    values.forEach((value, i) => {
      if (value === 0) return;
      found.x0 = Math.min(found.x0, tile.x0 + i);
      found.x1 = Math.max(found.x1, tile.x0 + i + 1);
      found.y0 = Math.min(found.y0, row);
      found.y1 = Math.max(found.y1, row + 1);
    });
  }
  return found;
}

function reachOfOne(
  x: number,
  y: number,
  orientation: number,
  level: number,
  reversible: boolean,
): Rectangle {
  const { scale, x0, y0, x1, y1 } = reachOf(orientation, level, reversible);
  return { x0: scale * x + x0, y0: scale * y + y0, x1: scale * x + x1, y1: scale * y + y1 };
}

describe('the reach of a coefficient', () => {
  for (const reversible of [true, false]) {
    it(`is what the ${reversible ? '5/3' : '9/7'} wavelet spreads it over`, () => {
      const tile = { x0: 37, y0: 1001, x1: 37 + 250, y1: 1001 + 230 };
      for (let band = 0; band < 1 + 3 * LEVELS; band++) {
        const level = band === 0 ? LEVELS : LEVELS - Math.floor((band - 1) / 3);
        const orientation = band === 0 ? 0 : 1 + ((band - 1) % 3);
        const scale = 2 ** level;
        for (const step of [0, 1]) {
          const x = Math.floor((tile.x0 + 125) / scale) + step;
          const y = Math.floor((tile.y0 + 115) / scale) + step;
          assert.deepEqual(
            changedBy(tile, band, x, y, reversible),
            reachOfOne(x, y, orientation, level, reversible),
            `sub-band ${band}`,
          );
        }
      }
    });
  }

  it('holds what coefficients near an edge are spread over by reflection', () => {
    const tile = { x0: 5, y0: 8, x1: 5 + 23, y1: 8 + 21 };
    for (const reversible of [true, false]) {
      for (const [band, level, x, y] of [
        [0, 3, 1, 1],
        [0, 3, 3, 3],
        [2, 3, 1, 1],
        [9, 1, 2, 4],
        [9, 1, 13, 13],
      ] as const) {
        const orientation = band === 0 ? 0 : 1 + ((band - 1) % 3);
        const changed = changedBy(tile, band, x, y, reversible);
        const reach = reachOfOne(x, y, orientation, level, reversible);
        assert.ok(reach.x0 <= changed.x0 && changed.x1 <= reach.x1, `columns of sub-band ${band}`);
        assert.ok(reach.y0 <= changed.y0 && changed.y1 <= reach.y1, `rows of sub-band ${band}`);
      }
    }
  });
});
