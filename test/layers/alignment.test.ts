import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { align, finest, NotAligned } from '../../layers/alignment.js';
import type { RasterGrid } from '../../rasters/index.js';

/** Sentinel-2 tile 31UFS at a resolution. */
function tile(step: number, other: Partial<RasterGrid> = {}): RasterGrid {
  const side = Math.round(109_800 / step);
  const corner = { originX: 600_000, originY: 5_800_020, stepX: step, stepY: -step };
  return { epsg: 32631, width: side, height: side, ...corner, ...other };
}
const of = (name: string, grid: RasterGrid) => ({ name, grid });

describe('grids of the same ground', () => {
  it('are aligned where a pixel of the one is whole pixels of the other', () => {
    const fine = of('B04', tile(10));
    assert.deepEqual(align(fine, of('B08', tile(10))), { across: 1, down: 1, shiftX: 0, shiftY: 0 });
    assert.deepEqual(align(fine, of('SC', tile(20))), { across: 2, down: 2, shiftX: 0, shiftY: 0 });
    assert.deepEqual(align(of('B11', tile(20)), of('B01', tile(60))), {
      across: 3,
      down: 3,
      shiftX: 0,
      shiftY: 0,
    });
  });

  it('may begin within a pixel of each other', () => {
    const clip = of('B04', tile(10, { originX: 600_030, originY: 5_799_970 }));
    assert.deepEqual(align(clip, of('SC', tile(20))), { across: 2, down: 2, shiftX: 3, shiftY: 5 });
    const before = of('SC', tile(20, { originX: 600_010, originY: 5_800_000 }));
    assert.deepEqual(align(of('B04', tile(10)), before), { across: 2, down: 2, shiftX: -1, shiftY: -2 });
  });

  it('may be off by what rounding does to a header', () => {
    const rounded = tile(20, { originX: 600_000.04, stepX: 20.000001 });
    assert.equal(align(of('B04', tile(10)), of('SC', rounded)).across, 2);
  });

  it('are refused otherwise, with the names and by how much they miss', () => {
    const fine = of('B04', tile(10));
    const refused = (grid: RasterGrid, message: RegExp) => {
      assert.throws(
        () => align(fine, of('SC', grid)),
        (error) => error instanceof NotAligned && message.test(error.message),
      );
    };
    refused(
      tile(20, { originX: 600_003 }),
      /pixels of SC \(pixels of 20\) and B04 \(pixels of 10\) don't lie on each other: the corners are -0\.3 and 0 pixels of B04 apart/,
    );
    refused(tile(20, { originY: 5_800_025 }), /corners are 0 and 0\.5 pixels/);
    refused(
      tile(15),
      /SC \(pixels of 15\) and B04 \(pixels of 10\) don't fit: a pixel of the one is 1\.5 x 1\.5 of the other/,
    );
    refused(tile(20, { stepY: -25 }), /SC \(pixels of 20 x 25\).*2 x 2\.5 of the other/);
    refused(tile(5), /0\.5 x 0\.5 of the other/);
    refused(tile(20, { epsg: 32632 }), /different reference systems, EPSG:32632 and EPSG:32631/);
    // A step that is off by a millionth is a hundredth of a pixel at the far edge.
    refused(tile(20, { stepX: 20.00003 }), /don't fit/);
  });

  it('have a finest one', () => {
    const [b11, b02, b04] = [of('B11', tile(20)), of('B02', tile(10)), of('B04', tile(10))];
    assert.equal(finest([b11, b02, b04]), b02);
    assert.equal(finest([b11]), b11);
  });
});
