/** What a GeoTIFF says has no data: no-data values, blocks that were never written, masks. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { deflateSync } from 'node:zlib';
import { openGeoTiff } from '../../rasters/geotiff/index.js';
import { PIXEL_ARRAYS, RasterError, type PixelType } from '../../rasters/raster.js';
import { expected, fixture, read, u16, WIDTH } from './made.js';
import { madeTiff, PLACE, plain, type Page } from './made-tiff.js';
import type { Tags } from './tiny-tiff.js';
import { temporaryFolder } from '../temporary-folder.js';

const folder = temporaryFolder('mask');

async function pixelsOf(pages: readonly Page[], band = 1, bigEndian = false): Promise<number[]> {
  const path = join(folder, 'made.tif');
  writeFileSync(path, madeTiff(pages, bigEndian));
  const raster = await openGeoTiff(path);
  try {
    const { width, height } = raster.grid;
    return await read(raster, band, { column: 0, row: 0, width, height });
  } finally {
    await raster.close();
  }
}

/** Tiles of 16 x 16 over 32 x 16 pixels: the first full of 7, the second never written. */
function half(type: PixelType, noData: string): Page {
  const format = { u: 1, i: 2, f: 3 }[type[0]!]!;
  const bytes = PIXEL_ARRAYS[type].BYTES_PER_ELEMENT;
  const pixels = new PIXEL_ARRAYS[type](256).fill(7);
  const tiles = { 278: undefined, 322: [16], 323: [16] };
  return {
    tags: { ...plain(32, 16, 8 * bytes, format), ...PLACE, ...tiles, 42113: noData },
    blocks: [new Uint8Array(pixels.buffer), new Uint8Array(0)],
  };
}

describe('a block that was never written', () => {
  const cases: [PixelType, string, number][] = [
    ['uint8', '-99', 0],
    ['uint8', '256', 0],
    ['uint8', 'nan', 0],
    ['uint8', '1.5', 0],
    ['uint8', '255', 255],
    ['int16', '-99999', 0],
    ['int16', '-32768', -32768],
    ['uint16', '-inf', 0],
    ['float32', '-inf', -Infinity],
    ['float32', '1.#QNAN', NaN],
    ['float64', '-1.#INF', -Infinity],
  ];
  for (const [type, noData, wanted] of cases)
    it(`of ${type} with the no-data value ${noData} is ${wanted}`, async () => {
      const pixels = await pixelsOf([half(type, noData)]);
      assert.deepEqual([pixels[0], pixels[15], pixels[16], pixels[31]], [7, 7, wanted, wanted]);
    });
});

describe('a GeoTIFF with a no-data value', () => {
  it("tells it, unless its pixels can't have it", async () => {
    const path = join(folder, 'made.tif');
    for (const [type, text, wanted] of [
      ['float32', '-inf', -Infinity],
      ['float32', ' 1.#INF', Infinity],
      ['uint8', '-99', undefined],
      ['uint8', '255', 255],
    ] as const) {
      writeFileSync(path, madeTiff([half(type, text)]));
      const raster = await openGeoTiff(path);
      assert.equal(raster.noData, wanted);
      await raster.close();
    }
  });

  it('that is no number is refused', async () => {
    await assert.rejects(
      pixelsOf([half('uint8', 'lots')]),
      /made\.tif: not supported: .*'lots', which is no number/,
    );
  });
});

describe("a GeoTIFF's mask", () => {
  /** 5 x 3 pixels: 1 to 15. */
  const image = (tags: Tags = {}): Page => ({
    tags: { ...plain(5, 3), ...PLACE, ...tags },
    blocks: [Uint8Array.from({ length: 15 }, (_, i) => i + 1)],
  });
  const maskTags = { 254: [4], 262: [4] };
  /** Columns 1 and 2 of every row are left out. */
  const wanted = Array.from({ length: 15 }, (_, i) => (i % 5 === 1 || i % 5 === 2 ? 0 : i + 1));
  const bytes = Uint8Array.from({ length: 15 }, (_, i) => (i % 5 === 1 || i % 5 === 2 ? 0 : 255));
  const bits = Uint8Array.of(0b10011000, 0b10011000, 0b10011000);

  const masks: [string, Page][] = [
    ['of bytes', { tags: { ...plain(5, 3), ...maskTags }, blocks: [bytes] }],
    ['of ones', { tags: { ...plain(5, 3), ...maskTags }, blocks: [bytes.map((byte) => byte & 1)] }],
    ['of bits', { tags: { ...plain(5, 3, 1), ...maskTags }, blocks: [bits] }],
    ['of deflated bits', { tags: { ...plain(5, 3, 1), ...maskTags, 259: [8] }, blocks: [deflateSync(bits)] }],
    [
      'in strips of its own',
      {
        tags: { ...plain(5, 3, 1), ...maskTags, 278: [1] },
        blocks: Array.from(bits, (byte) => Uint8Array.of(byte)),
      },
    ],
  ];
  for (const [what, mask] of masks)
    for (const bigEndian of [false, true])
      it(`${what} leaves pixels out${bigEndian ? ', big-endian' : ''}`, async () => {
        assert.deepEqual(await pixelsOf([image(), mask], 1, bigEndian), wanted);
      });

  const [, ofBytes] = masks[0]!;

  it('is found behind overviews and before their masks', async () => {
    const overview = { tags: { ...plain(3, 2), 254: [1] }, blocks: [new Uint8Array(6)] };
    const overviewMask = { tags: { ...plain(3, 2), 254: [5], 262: [4] }, blocks: [new Uint8Array(6)] };
    assert.deepEqual(await pixelsOf([image(), overview, overviewMask, ofBytes]), wanted);
    assert.deepEqual(await pixelsOf([image(), overview, overviewMask]), await pixelsOf([image()]));
  });

  it('of a file that has none leaves all pixels in', async () => {
    assert.deepEqual(
      await pixelsOf([image()]),
      Array.from({ length: 15 }, (_, i) => i + 1),
    );
  });

  it('that was never written leaves all out', async () => {
    const sparse = { ...ofBytes, blocks: [new Uint8Array(0)] };
    assert.deepEqual(await pixelsOf([image(), sparse]), new Array(15).fill(0));
  });

  it('works beside a no-data value', async () => {
    assert.deepEqual(await pixelsOf([image({ 42113: '5' }), ofBytes]), wanted);
  });

  it('of two bands is one a band', async () => {
    const planes = { 277: [2], 284: [2], 258: [8, 8], 339: [1, 1] };
    const two = [image().blocks[0]!, image().blocks[0]!];
    const pages = [
      { tags: { ...plain(5, 3), ...PLACE, ...planes }, blocks: two },
      { tags: { ...plain(5, 3), ...maskTags, ...planes }, blocks: [new Uint8Array(15).fill(1), bytes] },
    ];
    assert.deepEqual(
      await pixelsOf(pages, 1),
      Array.from({ length: 15 }, (_, i) => i + 1),
    );
    assert.deepEqual(await pixelsOf(pages, 2), wanted);
  });

  for (const [what, mask] of [
    ['another size', { tags: { ...plain(5, 2), ...maskTags }, blocks: [new Uint8Array(10)] }],
    ['16 bits', { tags: { ...plain(5, 3, 16), ...maskTags }, blocks: [new Uint8Array(30)] }],
    ['an unknown compression', { tags: { ...plain(5, 3), ...maskTags, 259: [4] }, blocks: [bits] }],
  ] as const)
    it(`of ${what} is refused, not ignored`, async () => {
      await assert.rejects(pixelsOf([image(), mask]), /made\.tif: not supported: /);
    });

  it('is applied to any window, and the raster is not flat', async () => {
    const path = join(folder, 'made.tif');
    writeFileSync(path, madeTiff([image(), ofBytes]));
    const raster = await openGeoTiff(path);
    assert.equal(raster.flat, false);
    assert.deepEqual(await read(raster, 1, { column: 2, row: 1, width: 2, height: 2 }), [0, 9, 0, 14]);
    await raster.close();
  });

  it('as GDAL writes it, with overviews and a mask for each, leaves out every other eight columns', async () => {
    const raster = await openGeoTiff(fixture('u16_mask.tif'));
    for (const band of [1, 2]) {
      const masked = expected(u16, band).map((value, i) =>
        Math.floor((i % WIDTH) / 8) % 2 === 0 ? value : 0,
      );
      assert.deepEqual(await read(raster, band), masked);
    }
    await raster.close();
  });
});

describe('an alpha band', () => {
  const alpha = (bands: number, tags: Tags = {}): Page => ({
    tags: {
      ...plain(2, 1),
      ...PLACE,
      ...{ 277: [bands], 258: new Array<number>(bands).fill(8), 339: new Array<number>(bands).fill(1) },
      338: [...new Array<number>(bands - 2).fill(0), 2],
      ...tags,
    },
    // The first pixel is 1, 2, …; the second the same, but its last band is 0.
    blocks: [Uint8Array.from({ length: 2 * bands }, (_, i) => (i === 2 * bands - 1 ? 0 : (i % bands) + 1))],
  });

  it('leaves pixels of the other bands out where it is the last of two or four', async () => {
    for (const bands of [2, 4]) {
      assert.deepEqual(await pixelsOf([alpha(bands)]), [1, 0]);
      assert.deepEqual(await pixelsOf([alpha(bands)], bands), [bands, 0]);
    }
  });

  it('is a band like any other elsewhere: of three, not declared, beside a no-data value', async () => {
    assert.deepEqual(await pixelsOf([alpha(3)]), [1, 1]);
    assert.deepEqual(await pixelsOf([alpha(2, { 338: [0] })]), [1, 1]);
    assert.deepEqual(await pixelsOf([alpha(2, { 42113: '9' })]), [1, 1]);
  });
});

describe('a GeoTIFF whose directories lead nowhere', () => {
  it('is refused: in a circle, beyond the file, too many tags, no image', async () => {
    const sound = madeTiff([
      { tags: { ...plain(5, 3), ...PLACE }, blocks: [new Uint8Array(15)] },
      { tags: plain(5, 3), blocks: [new Uint8Array(15)] },
    ]);
    const first = sound.readUInt32LE(4);
    const nextAt = first + 2 + 12 * sound.readUInt16LE(first);
    const path = join(folder, 'made.tif');
    const cases: [(bytes: Buffer) => void, RegExp][] = [
      [(bytes) => bytes.writeUInt32LE(first, nextAt), /damaged: .*lead in a circle/],
      [(bytes) => bytes.writeUInt32LE(2 ** 31, nextAt), /damaged: the file is truncated/],
      [(bytes) => bytes.writeUInt16LE(5000, first), /not supported: has a directory of 5000 tags/],
      [(bytes) => bytes.writeUInt32LE(0, 4), /damaged: has no image/],
    ];
    for (const [breakIt, says] of cases) {
      const bytes = Buffer.from(sound);
      breakIt(bytes);
      writeFileSync(path, bytes);
      await assert.rejects(openGeoTiff(path), (error: Error) => {
        assert.ok(error instanceof RasterError);
        assert.match(error.message, says);
        return true;
      });
    }
  });
});
