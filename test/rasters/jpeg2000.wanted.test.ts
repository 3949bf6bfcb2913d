/** Decoding of what is wanted only: those pixels are the ones of the whole image, and code-blocks beside them are left out. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import fc from 'fast-check';
import { jp2File } from '../../demo/season/jp2-file.js';
import { openJpeg2000 } from '../../rasters/jpeg2000/index.js';
import { PIXEL_ARRAYS, type PixelArray, type Raster } from '../../rasters/raster.js';
import type { WantedPixels } from '../../rasters/wanted-pixels.js';
import { temporaryFolder } from '../temporary-folder.js';
import {
  type Coding,
  FIXTURES,
  type Image,
  makeImage,
  openJpegEncoder,
  readAll,
  writeCodestream,
} from './jpeg2000.peers.js';

const folder = temporaryFolder('wanted');
let encode: (image: Image, coding?: Coding) => Uint8Array;

before(async () => {
  encode = await openJpegEncoder();
});

/** Marks of cells of one size: a few of them, or most of them. */
function masksOf({ grid: { width, height } }: Raster): fc.Arbitrary<WantedPixels> {
  return fc
    .record({ cell: fc.constantFrom(1, 2, 3, 8, 16), share: fc.constantFrom(0.003, 0.03, 0.3, 0.9) })
    .chain(({ cell, share }) => {
      const across = Math.ceil(width / cell);
      const count = across * Math.ceil(height / cell);
      const mark = fc.double({ min: 0, max: 1, noNaN: true }).map((draw) => Number(draw < share));
      return fc
        .array(mark, { minLength: count, maxLength: count, size: 'max' })
        .map((marks) => ({ cell, across, marks: Uint8Array.from(marks) }));
    });
}

function none({ grid: { width, height } }: Raster): WantedPixels {
  return { cell: 1, across: width, marks: new Uint8Array(width * height) };
}

async function readWanted(raster: Raster, band: number, wanted: WantedPixels): Promise<PixelArray> {
  const { width, height } = raster.grid;
  const pixels = new PIXEL_ARRAYS[raster.pixelType](width * height);
  const target = { pixels, offset: 0, stride: width };
  await raster.readWindow(band, { column: 0, row: 0, width, height }, target, wanted);
  return pixels;
}

/** Pixels in marked cells that are not those of the whole image. */
function differing(raster: Raster, whole: PixelArray, part: PixelArray, band: number, wanted: WantedPixels) {
  const { width } = raster.grid;
  const { cell, across, marks } = wanted;
  return Array.from(part.keys()).filter((i) => {
    const [row, column] = [Math.floor(i / width), i % width];
    const isMarked = marks[Math.floor(row / cell) * across + Math.floor(column / cell)] === 1;
    return isMarked && part[i] !== whole[(band - 1) * part.length + i];
  });
}

async function checkMasks(raster: Raster, numRuns: number): Promise<void> {
  const whole = await readAll(raster);
  await fc.assert(
    fc.asyncProperty(masksOf(raster), async (wanted) => {
      for (let band = 1; band <= raster.bandCount; band++) {
        const part = await readWanted(raster, band, wanted);
        assert.deepEqual(differing(raster, whole, part, band, wanted), []);
      }
    }),
    { numRuns, seed: 6, endOnFailure: true },
  );
}

describe('wanted pixels of a JPEG 2000 raster', () => {
  // Those from an odd origin are of opj_compress 2.5: -d 13,7 -T 5,3 -t 37,29 -b 4,4 -c [16,16],[8,8] -p RPCL;
  // -I -r 2 -d 13,7 -T 5,3 -t 41,60 -b 8,4; -d 3,9 -t 64,64 -b 4,8 -n 6 -p PCRL.
  for (const name of [
    'rpcl-precincts-layers-sop-eph',
    'rlcp-tile-parts',
    'pcrl-blocks-4x4',
    'cprl-97-odd-tiles',
    'origin-odd-tiles-precincts-16',
    'origin-97-blocks-8x4-16',
    'origin-2-components-levels-5-12',
    'block-style-63',
    'bypass-termall-signed-12',
    'roi-16',
    'rct-tiles-3-components',
    'rct-4-components-signed-8',
  ]) {
    it(`are those of the whole image (${name})`, async () => {
      const bytes = readFileSync(join(FIXTURES, `${name}.j2k`));
      const raster = await openJpeg2000(writeCodestream(folder, `${name}.j2k`, bytes));
      await checkMasks(raster, 25);
      await raster.close();
    });
  }

  for (const lossless of [true, false]) {
    it(`are those of the whole image, of any size and number of levels, by ${lossless ? '5/3' : '9/7'}`, async () => {
      const side = fc.integer({ min: 1, max: 300 });
      const images = fc.record({ width: side, height: side, seed: fc.integer(), levels: fc.nat(5) });
      await fc.assert(
        fc.asyncProperty(images, async ({ width, height, seed, levels: asked }) => {
          const levels = Math.min(asked, Math.floor(Math.log2(Math.min(width, height))));
          const codestream = encode(makeImage(width, height, 12, { seed }), { levels, lossless });
          const raster = await openJpeg2000(writeCodestream(folder, 'any.j2k', codestream));
          await checkMasks(raster, 3);
          await raster.close();
        }),
        { numRuns: 25, seed: 7, endOnFailure: true },
      );
    });
  }

  it('need no other code-blocks than those that reach them', async () => {
    // Code-blocks of 64 x 64: those of the finest level begin at 0, 128 and 256 pixels, and reach 2 further by 5/3.
    const raster = await openJpeg2000(
      writeCodestream(folder, 'blocks.j2k', encode(makeImage(300, 300, 12), { levels: 1 })),
    );
    const empty = await readWanted(raster, 1, none(raster));
    // Where nothing is decoded, every pixel is the middle of the range.
    assert.deepEqual(new Set(empty), new Set([2048]));
    /** Whether anything is decoded in the middle of each of three blocks side by side. */
    const decodedFor = async (column: number): Promise<boolean[]> => {
      const wanted = none(raster);
      wanted.marks[60 * 300 + column] = 1;
      const part = await readWanted(raster, 1, wanted);
      return [60, 190, 280].map((x) => part.subarray(60 * 300 + x, 60 * 300 + x + 9).some((v) => v !== 2048));
    };
    assert.deepEqual(await decodedFor(60), [true, false, false]);
    // Low-pass coefficient 64 lies at 128, high-pass coefficient 64 at 129: both reach 127.
    assert.deepEqual(await decodedFor(126), [true, false, false]);
    assert.deepEqual(await decodedFor(127), [true, true, false]);
    // High-pass coefficient 63 lies at 127 and reaches 129.
    assert.deepEqual(await decodedFor(129), [true, true, false]);
    assert.deepEqual(await decodedFor(130), [false, true, false]);
    await raster.close();
  });

  it('need nothing of the tiles beside theirs', async () => {
    const grid = { epsg: 32631, width: 256, height: 256, originX: 5e5, originY: 5e6, stepX: 10, stepY: -10 };
    const pixels = Uint16Array.from(makeImage(grid.width, grid.height, 12).samples);
    const file = await jp2File(pixels, grid, { bits: 12, tileSize: 128 });
    const raster = await openJpeg2000(writeCodestream(folder, 'tiles.jp2', file));
    const tileOf = (column: number, row: number): number => 2 * (row >> 7) + (column >> 7);
    for (const [column, row] of [
      [127, 60],
      [128, 60],
      [60, 127],
      [60, 128],
    ] as const) {
      const wanted = none(raster);
      wanted.marks[row * grid.width + column] = 1;
      const part = await readWanted(raster, 1, wanted);
      const decoded = Array.from(part.keys()).filter((i) => part[i] !== 2048);
      const tiles = new Set(decoded.map((i) => tileOf(i % grid.width, Math.floor(i / grid.width))));
      assert.deepEqual([...tiles], [tileOf(column, row)], `for column ${column} of row ${row}`);
    }
    await raster.close();
  });
});
