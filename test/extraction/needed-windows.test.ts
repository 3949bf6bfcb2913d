/** Which windows of an image must be on the disk. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Image } from '../../extraction/image.js';
import { neededWindows, wantedPixels } from '../../extraction/needed-windows.js';
import { Coverage } from '../../zonal/index.js';

const GRID = { epsg: 32631, width: 64, height: 48, originX: 0, originY: 480, stepX: 10, stepY: -10 };
const CODED: Image = {
  ...{ path: 'B04.tif', rasterBand: 1, grid: GRID, pixelType: 'uint8', noData: undefined },
  ...{ block: { width: 16, height: 16 }, flat: false, notes: [] },
};
const FLAT = { ...CODED, flat: true };
const BYTES = 64 * 48;

/** Of a parcel without a pixel, one of two rows, one to the left of it and lower, and one to the right and higher. */
function coverage(): Coverage {
  const pixel = (row: number, column: number): number => row * GRID.width + column;
  const made = Coverage.allocate(GRID, 4, 4);
  made.pids.set([1, 2, 3, 4]);
  made.offsets.set([0, 0, 2, 3, 4]);
  made.start.set([pixel(20, 30), pixel(21, 28), pixel(40, 10), pixel(5, 50)]);
  made.length.set([3, 7, 2, 4]);
  return made;
}

/** Of parcels of a pixel each, by row and column. */
function pixelsAt(...pixels: readonly (readonly [row: number, column: number])[]): Coverage {
  const made = Coverage.allocate(GRID, pixels.length, pixels.length);
  pixels.forEach(([row, column], parcel) => {
    made.pids[parcel] = parcel;
    made.offsets[parcel + 1] = parcel + 1;
    made.start[parcel] = row * GRID.width + column;
    made.length[parcel] = 1;
  });
  return made;
}

describe('The windows that are needed of an image', () => {
  it('are one around all parcels where it is read by windows', () => {
    const needs = { images: [FLAT], coverages: [coverage()] };
    assert.deepEqual(neededWindows(needs, 0, BYTES), [{ column: 10, row: 5, width: 44, height: 36 }]);
  });

  it('lie under those of other grids, and are all of it where nobody knows how', () => {
    const fine = coverage();
    const grid = { ...GRID, width: 32, height: 24, stepX: 20, stepY: -20 };
    const none = Coverage.allocate(grid, 0, 0);
    const beside = (alignment?: { across: number; down: number; shiftX: number; shiftY: number }) => ({
      ...{ images: [{ ...FLAT, grid }], coverages: [none] },
      alsoDecoded: [{ image: 0, coverage: fine, alignment }],
    });
    const halves = { across: 2, down: 2, shiftX: 0, shiftY: 0 };
    assert.deepEqual(neededWindows(beside(halves), 0, BYTES), [{ column: 5, row: 2, width: 22, height: 19 }]);
    assert.deepEqual(neededWindows(beside(), 0, BYTES), [{ column: 0, row: 0, width: 32, height: 24 }]);
  });

  it('are none where no parcel has a pixel', () => {
    const needs = { images: [FLAT], coverages: [Coverage.allocate(GRID, 3, 0)] };
    assert.deepEqual(neededWindows(needs, 0, BYTES), []);
  });

  it('are the blocks with pixels where it is decoded, those side by side as one', () => {
    const needs = { images: [CODED], coverages: [coverage()] };
    assert.deepEqual(neededWindows(needs, 0, BYTES), [
      { column: 48, row: 0, width: 16, height: 16 },
      { column: 16, row: 16, width: 32, height: 16 },
      { column: 0, row: 32, width: 16, height: 16 },
    ]);
  });

  it('end at the right edge, though the next row of blocks begins with one that is needed too', () => {
    const needs = { images: [CODED], coverages: [pixelsAt([3, 63], [20, 0])] };
    assert.deepEqual(neededWindows(needs, 0, BYTES), [
      { column: 48, row: 0, width: 16, height: 16 },
      { column: 0, row: 16, width: 16, height: 16 },
    ]);
  });

  it('are blocks of the class map even where its pixels lie uncompressed', () => {
    const needs = { images: [FLAT], coverages: [pixelsAt([3, 5], [40, 60])], classMap: 0 };
    assert.deepEqual(neededWindows(needs, 0, BYTES), [
      { column: 0, row: 0, width: 16, height: 16 },
      { column: 48, row: 32, width: 16, height: 16 },
    ]);
  });

  it('are none of an image that lies beside all parcels', () => {
    const beside = { across: 1, down: 1, shiftX: 200, shiftY: 0 };
    const needs = {
      ...{ images: [FLAT], coverages: [Coverage.allocate(GRID, 0, 0)] },
      alsoDecoded: [{ image: 0, coverage: coverage(), alignment: beside }],
    };
    assert.deepEqual(neededWindows(needs, 0, BYTES), []);
  });
});

describe('The pixels that are wanted of an image', () => {
  /** Marked cells as row and column. */
  const marked = (needs: Parameters<typeof wantedPixels>[0]): string[] => {
    const { cell, across, marks } = wantedPixels(needs, 0);
    assert.deepEqual([cell, marks.buffer instanceof SharedArrayBuffer], [8, true]);
    return Array.from(marks.keys())
      .filter((i) => marks[i] === 1)
      .map((i) => `${Math.floor(i / across)},${i % across}`);
  };

  it('are the cells of 8 pixels with a pixel of any parcel', () => {
    const needs = { images: [CODED], coverages: [coverage()] };
    assert.deepEqual(marked(needs), ['0,6', '2,3', '2,4', '5,1']);
  });

  it('are numbered by rows of cells of which the last is smaller', () => {
    const grid = { ...GRID, width: 60 };
    const narrow = Coverage.allocate(grid, 1, 1);
    narrow.offsets.set([0, 1]);
    narrow.start.set([9 * 60 + 59]);
    narrow.length.set([1]);
    assert.deepEqual(marked({ images: [{ ...CODED, grid }], coverages: [narrow] }), ['1,7']);
  });

  it('of several coverages leave what is known of each as it was', () => {
    const [own, other] = [pixelsAt([0, 0]), pixelsAt([0, 9])];
    const alignment = { across: 1, down: 1, shiftX: 0, shiftY: 0 };
    const alsoDecoded = [{ image: 0, coverage: other, alignment }];
    assert.deepEqual(marked({ images: [CODED], coverages: [own], alsoDecoded }), ['0,0', '0,1']);
    assert.deepEqual(marked({ images: [CODED], coverages: [own] }), ['0,0']);
  });

  it('are also those under parcels of other grids, and all where nobody knows how they lie', () => {
    const finer = { ...GRID, width: 128, height: 96, stepX: 5, stepY: -5 };
    const other = Coverage.allocate(finer, 1, 1);
    other.pids.set([9]);
    other.offsets.set([0, 1]);
    // Columns 15 and 16 of the finer grid are 7 and 8 of the image, row 95 is its row 47.
    other.start.set([95 * finer.width + 15]);
    other.length.set([2]);
    const halves = { across: 2, down: 2, shiftX: 0, shiftY: 0 };
    const beside = (alignment?: typeof halves) => ({
      ...{ images: [CODED], coverages: [coverage()] },
      alsoDecoded: [{ image: 0, coverage: other, alignment }],
    });
    assert.deepEqual(marked(beside(halves)), ['0,6', '2,3', '2,4', '5,0', '5,1']);
    assert.equal(marked(beside()).length, 8 * 6);
    for (const shifted of [
      { ...halves, shiftX: 1 },
      { ...halves, shiftY: -1 },
    ])
      assert.equal(marked(beside(shifted)).length, 8 * 6);
  });

  it('lie under pixels that are not square, and are all where grids end elsewhere', () => {
    const alignment = { across: 1, down: 2, shiftX: 0, shiftY: 0 };
    const markedUnder = (width: number, height: number): string[] => {
      const lower = Coverage.allocate({ ...GRID, width, height, stepY: -5 }, 1, 1);
      lower.offsets.set([0, 1]);
      // Row 40 of the finer grid is row 20 of the image.
      lower.start.set([40 * width + 20]);
      lower.length.set([1]);
      const alsoDecoded = [{ image: 0, coverage: lower, alignment }];
      return marked({ images: [CODED], coverages: [Coverage.allocate(GRID, 0, 0)], alsoDecoded });
    };
    assert.deepEqual(markedUnder(64, 96), ['2,2']);
    assert.equal(markedUnder(63, 96).length, 8 * 6);
    assert.equal(markedUnder(64, 95).length, 8 * 6);
  });
});
