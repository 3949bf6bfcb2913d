/** Which bands show the same ground. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkSameExtent } from '../../../activities/host/scene-extent.js';

const TEN = {
  epsg: 32631,
  width: 600,
  height: 600,
  originX: 600000,
  originY: 5700000,
  stepX: 10,
  stepY: -10,
};
const TWENTY = { ...TEN, width: 300, height: 300, stepX: 20, stepY: -20 };

type Grid = typeof TEN;
const check = (...grids: Grid[]): void => {
  checkSameExtent(grids.map((grid, i) => ({ path: `/scratch/0-B0${i}.jp2`, grid })));
};
const refused = {
  name: 'BadScene',
  message: /the bands do not show the same ground: 0-B0\d\.jp2 has .* but 0-B0\d/,
};

/** Each side by so much, in units of the CRS. */
const moved = (grid: Grid, by: number): Grid[] => [
  { ...grid, originX: grid.originX + by },
  { ...grid, originX: grid.originX - by },
  { ...grid, originY: grid.originY + by },
  { ...grid, originY: grid.originY - by },
];

describe('bands of a scene', () => {
  it('may lie one pixel apart, and not two', () => {
    check(TEN, TEN);
    for (const grid of moved(TEN, 10)) check(TEN, grid);
    for (const grid of [...moved(TEN, 20), ...moved(TEN, 10.01)])
      assert.throws(() => {
        check(TEN, grid);
      }, refused);
  });

  it('may be one pixel larger at their far sides, and not two', () => {
    for (const by of [-1, 1]) {
      check(TEN, { ...TEN, width: 600 + by });
      check(TEN, { ...TEN, height: 600 + by });
    }
    for (const by of [-2, 2]) {
      assert.throws(() => {
        check(TEN, { ...TEN, width: 600 + by });
      }, refused);
      assert.throws(() => {
        check({ ...TEN, height: 600 + by }, TEN);
      }, refused);
    }
  });

  it('are compared by the pixels of the coarser one, in either order', () => {
    for (const [a, b] of [
      [TEN, TWENTY],
      [TWENTY, TEN],
    ] as const) {
      check(a, b);
      for (const grid of moved(b, 20)) check(a, grid);
      for (const grid of moved(b, 21))
        assert.throws(() => {
          check(a, grid);
        }, refused);
    }
  });

  it('are compared by the width of pixels across and their height down', () => {
    const flat = { ...TEN, stepY: -5, height: 1200 };
    check(flat, { ...flat, originX: 600010, originY: 5700005 });
    assert.throws(() => {
      check(flat, { ...flat, originY: 5700010 });
    }, refused);
  });

  it('are compared each with each: what lies a pixel off to both sides is two apart', () => {
    const [east, west] = moved(TEN, 10) as [Grid, Grid];
    check(TEN, east);
    check(TEN, west);
    assert.throws(() => {
      check(TEN, east, west);
    }, refused);
  });

  it('may be a pixel of degrees apart, whatever the last binary digit is', () => {
    const step = 1 / 11132;
    const grid = { ...TEN, epsg: 4326, originX: 3.1, originY: 51.3, stepX: step, stepY: -step };
    check(grid, { ...grid, originX: grid.originX + step, originY: grid.originY - step });
  });

  it('are of one CRS', () => {
    assert.throws(() => {
      check(TEN, { ...TEN, epsg: 32632 });
    }, refused);
  });
});
