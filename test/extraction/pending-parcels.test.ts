/** What is read for some chunks of a scene alone. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Image } from '../../extraction/image.js';
import { type Needs, neededWindows } from '../../extraction/needed-windows.js';
import { needsOfChunks, type PendingChunk } from '../../extraction/pending-parcels.js';
import { Coverage } from '../../zonal/index.js';

const GRID = { epsg: 32631, width: 64, height: 48, originX: 0, originY: 480, stepX: 10, stepY: -10 };
const IMAGE: Image = {
  ...{ path: 'B04.jp2', rasterBand: 1, grid: GRID, pixelType: 'uint16', noData: undefined },
  ...{ block: { width: 16, height: 16 }, flat: false, notes: [] },
};

/** Parcels 10, 20, 30 and 40 of a pixel each, in the blocks of the diagonal from the left upper one and one beside it. */
function coverage(): Coverage {
  const made = Coverage.allocate(GRID, 4, 4);
  made.pids.set([10, 20, 30, 40]);
  made.offsets.set([0, 1, 2, 3, 4]);
  made.start.set([3 * 64 + 3, 20 * 64 + 20, 40 * 64 + 40, 40 * 64 + 60]);
  made.length.fill(1);
  return made;
}

describe('what is read for some chunks', () => {
  const needs: Needs = { images: [IMAGE, IMAGE], coverages: [coverage(), coverage()], classMap: 1 };
  const corners = (chunks: readonly PendingChunk[], image: number) =>
    neededWindows(needsOfChunks(needs, chunks), image, Infinity).map(({ column, row }) => [column, row]);

  for (const [what, chunks, expected] of [
    ['nothing without any', [], []],
    [
      'the pixels from the first to the last parcel',
      [{ firstPid: 20, lastPid: 30 }],
      [
        [16, 16],
        [32, 32],
      ],
    ],
    ['those of no parcel beside them', [{ firstPid: 21, lastPid: 29 }], []],
    [
      'those of the parcels that are listed',
      [{ firstPid: 10, lastPid: 40, only: [10, 25, 40] }],
      [
        [0, 0],
        [48, 32],
      ],
    ],
    [
      'those of several',
      [
        { firstPid: 10, lastPid: 10 },
        { firstPid: 30, lastPid: 40, only: [30] },
      ],
      [
        [0, 0],
        [32, 32],
      ],
    ],
  ] as const)
    it(`are ${what}`, () => {
      assert.deepEqual(corners(chunks, 0), expected);
    });

  it('are those of skipped parcels alone, of images that nothing but such layers are made of', () => {
    const readFor = [['B04', 'NDV:clear'], ['SC']];
    const lacking = {
      layers: ['B05', 'SC'],
      skipped: [
        { layers: ['B04', 'B04:clear'], pids: [20] },
        { layers: ['NDV'], pids: [30] },
      ],
    };
    const named: Needs = { ...needs, classMap: undefined, readFor };
    const of = (image: number, chunk: PendingChunk) =>
      neededWindows(needsOfChunks(named, [chunk]), image, Infinity).map(({ column, row }) => [column, row]);
    const chunk = { firstPid: 10, lastPid: 30, only: [10, 20, 30], lacking };
    assert.deepEqual(of(0, chunk), [[16, 16]]);
    assert.deepEqual(of(1, chunk), [
      [0, 0],
      [16, 16],
      [32, 32],
    ]);
    assert.deepEqual(of(0, { ...chunk, lacking: { ...lacking, layers: ['NDV:clear'] } }), of(1, chunk));
    assert.deepEqual(of(0, { ...chunk, lacking: { layers: [], skipped: [] } }), []);
  });

  it('are all of the class map, of which pixels around parcels are looked at', () => {
    assert.deepEqual(corners([{ firstPid: 10, lastPid: 10 }], 1), [
      [0, 0],
      [16, 16],
      [32, 32],
    ]);
  });
});
