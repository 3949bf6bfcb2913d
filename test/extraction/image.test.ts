/** What the blocks that parcels touch cost: the budget is asked for them, not for the whole image. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { blocksBytes, type Image, imageBytes } from '../../extraction/image.js';

describe('bytes of an image', () => {
  const image: Image = {
    ...{ path: 'B04.jp2', rasterBand: 1, pixelType: 'uint16', noData: undefined, flat: false, notes: [] },
    grid: { epsg: 32631, width: 100, height: 60, originX: 0, originY: 0, stepX: 10, stepY: -10 },
    block: { width: 32, height: 32 },
  };
  /** 4 x 2 blocks. */
  const marked = (...blocks: number[]): Uint8Array =>
    Uint8Array.from({ length: 8 }, (_, block) => Number(blocks.includes(block)));

  it('are those of the blocks touched, and at most those of all pixels', () => {
    assert.equal(imageBytes(image), 12_000);
    assert.equal(blocksBytes(image, marked()), 0);
    assert.equal(blocksBytes(image, marked(5)), 2048);
    assert.equal(blocksBytes(image, marked(0, 1, 2, 4, 5)), 5 * 2048);
    assert.equal(blocksBytes(image, marked(0, 1, 2, 3, 4, 5)), 12_000);
  });
});
