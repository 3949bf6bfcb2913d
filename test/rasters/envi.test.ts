import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { openEnvi } from '../../rasters/envi.js';
import { RasterError } from '../../rasters/raster.js';
import { expected, f32, HEIGHT, read, u16, WHOLE, WIDTH, type Formula } from './made.js';
import { DATA_TYPES, folder, writeEnvi } from './made-envi.js';

describe('an ENVI file', () => {
  const small: Formula = (band, row, column) => u16(band, row, column) % 120;
  for (const type of Object.keys(DATA_TYPES) as (keyof typeof DATA_TYPES)[]) {
    for (const interleave of ['bsq', 'bil', 'bip'] as const) {
      for (const byteOrder of [0, 1] as const) {
        it(`of ${type}, ${interleave}, byte order ${byteOrder}, gives its pixels`, async () => {
          const formula = type.startsWith('float') ? f32 : type === 'uint8' ? small : u16;
          const raster = await openEnvi(writeEnvi({ type, interleave, byteOrder, formula, offset: 13 }));
          const window = { column: 5, row: 3, width: 30, height: 20 };
          for (const band of [1, 2]) {
            assert.deepEqual(await read(raster, band), expected(formula, band));
            assert.deepEqual(await read(raster, band, window), expected(formula, band, window));
          }
          await raster.close();
        });
      }
    }
  }

  it('writes where it is told and nowhere else', async () => {
    const raster = await openEnvi(writeEnvi());
    const pixels = new Float32Array(WIDTH * 4).fill(-1);
    const whole = { column: 0, row: 28, width: WIDTH, height: 1 };
    await raster.readWindow(2, whole, { pixels, offset: WIDTH, stride: WIDTH });
    assert.deepEqual(Array.from(pixels.subarray(WIDTH, 2 * WIDTH)), expected(f32, 2, whole));
    assert.ok([...pixels.subarray(0, WIDTH), ...pixels.subarray(2 * WIDTH)].every((value) => value === -1));
    await raster.close();
  });

  it('fills shared memory too', async () => {
    const raster = await openEnvi(writeEnvi());
    const pixels = new Float32Array(new SharedArrayBuffer(WIDTH * HEIGHT * 4));
    await raster.readWindow(1, WHOLE, { pixels, offset: 0, stride: WIDTH });
    assert.deepEqual(Array.from(pixels), expected(f32, 1));
    await raster.close();
  });

  it('is flat, in blocks of whole rows', async () => {
    const raster = await openEnvi(writeEnvi());
    assert.equal(raster.flat, true);
    assert.deepEqual(raster.block, { width: WIDTH, height: HEIGHT });
    await raster.close();
  });

  it('shorter than its header promises is refused', async () => {
    const promised = WIDTH * HEIGHT * 2 * 4;
    await assert.rejects(openEnvi(writeEnvi({ cut: 1 })), (error: Error) => {
      assert.ok(error instanceof RasterError);
      assert.match(
        error.message,
        new RegExp(`has ${promised - 1} bytes, but its header promises ${promised}`),
      );
      return true;
    });
  });

  it('without a header is refused', async () => {
    const path = join(folder, 'alone.img');
    writeFileSync(path, 'x');
    await assert.rejects(openEnvi(path), /alone\.img: has no ENVI header/);
  });
});
