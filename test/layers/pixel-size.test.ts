/** How large pixels are on the ground, beside what PROJ measures there. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { pixelSizes } from '../../layers/pixel-size.js';
import type { RasterGrid } from '../../rasters/index.js';

const grid = (epsg: number, originY: number, step: number): RasterGrid => ({
  ...{ epsg, width: 10, height: 10, originX: 0, originY },
  ...{ stepX: step, stepY: -step },
});

function areClose(found: { x: number; y: number }, x: number, y: number): void {
  for (const [one, other] of [
    [found.x, x],
    [found.y, y],
  ] as const)
    assert.ok(Math.abs(one / other - 1) < 2e-6, `${found.x} x ${found.y} instead of ${x} x ${y}`);
}

describe('the size of pixels', () => {
  it('is that of the grid, where it counts in metres', () => {
    assert.deepEqual(pixelSizes(grid(32631, 5_700_000, 20))(7), { x: 20, y: 20 });
    assert.deepEqual(pixelSizes({ ...grid(3035, 0, 20), stepY: -10 })(0), { x: 20, y: 10 });
  });

  it('is taken in metres where the unit is feet, links or kilometres', () => {
    for (const [epsg, metres] of [
      // New York Long Island in US survey feet, Michigan in feet, Fiji in links, Carthage in kilometres.
      [2263, 1200 / 3937],
      [2253, 0.3048],
      [3139, 0.201168],
      [22300, 1000],
    ] as const)
      areClose(pixelSizes(grid(epsg, 0, 3))(0), 3 * metres, 3 * metres);
  });

  // PROJ: geod +ellps=WGS84 -I, a thousandth of a degree along the parallel, and as much of the meridian around it.
  for (const [latitude, x, y] of [
    [0, 111.31949079, 110.57427582],
    [51, 70.19767767, 111.24827693],
    [-33.5, 92.92254372, 110.91338772],
    [68, 41.82152942, 111.53571409],
  ] as const)
    it(`is that of a thousandth of a degree at ${latitude} degrees`, () => {
      areClose(pixelSizes(grid(4326, latitude + 0.0025, 0.001))(2), x, y);
    });

  it('changes from row to row, and has no end at a pole', () => {
    const sizes = pixelSizes(grid(4258, 90.05, 0.1));
    assert.ok(sizes(0).x > 0 && sizes(0).x < 1e-6);
    assert.ok(sizes(1).x > 19 && sizes(1).x < 20, `${sizes(1).x}`);
    assert.ok(sizes(9).x > sizes(8).x);
  });

  it('is that on the ground where the projection is Web Mercator', () => {
    // 51 degrees north: PROJ's metres of a degree there, less by what the projection stretches them.
    areClose(pixelSizes(grid(3857, 6_621_293.722_74 + 25, 10))(2), 6.3059647, 6.289178);
  });
});
