import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { openGeoTiff } from '../../rasters/geotiff/index.js';
import { RasterError, type PixelType } from '../../rasters/raster.js';
import { expected, f32, fixture, HEIGHT, read, u16, WHOLE, WIDTH, zero, type Formula } from './made.js';
import { tinyTiff, type Tags } from './tiny-tiff.js';
import { temporaryFolder } from '../temporary-folder.js';

const folder = temporaryFolder('geotiff');

function written(bytes: Uint8Array): string {
  const path = join(folder, 'made.tif');
  writeFileSync(path, bytes);
  return path;
}

const FIXTURES: readonly { name: string; type: PixelType; bands: number; pixels: Formula }[] = [
  { name: 'u16_none_band', type: 'uint16', bands: 2, pixels: u16 },
  { name: 'u16_lzw_p2_tiles', type: 'uint16', bands: 2, pixels: u16 },
  { name: 'u16_lzw_p2_bigendian', type: 'uint16', bands: 2, pixels: u16 },
  { name: 'u16_packbits', type: 'uint16', bands: 2, pixels: u16 },
  { name: 'u16_deflate_bigtiff', type: 'uint16', bands: 2, pixels: u16 },
  { name: 'u16_12bits', type: 'uint16', bands: 2, pixels: u16 },
  { name: 'u16_lerc_bigendian', type: 'uint16', bands: 2, pixels: u16 },
  { name: 'u16_zstd', type: 'uint16', bands: 2, pixels: u16 },
  { name: 'f32_deflate_p3', type: 'float32', bands: 2, pixels: f32 },
  { name: 'f32_deflate_p3_bigendian', type: 'float32', bands: 2, pixels: f32 },
  { name: 'f32_lerc_zstd_band', type: 'float32', bands: 2, pixels: f32 },
  { name: 'f64_deflate_p3', type: 'float64', bands: 2, pixels: f32 },
  { name: 'f64_lzw_p2', type: 'float64', bands: 2, pixels: f32 },
  { name: 'i32_deflate_p2', type: 'int32', bands: 2, pixels: u16 },
  { name: 'u8_sparse', type: 'uint8', bands: 1, pixels: zero },
];

const LERC_WINDOW = { column: 0, row: 0, width: 24, height: 16 };

const anyWindow = fc.tuple(fc.nat(WIDTH - 1), fc.nat(HEIGHT - 1)).chain(([column, row]) =>
  fc.record({
    column: fc.constant(column),
    row: fc.constant(row),
    width: fc.integer({ min: 1, max: WIDTH - column }),
    height: fc.integer({ min: 1, max: HEIGHT - row }),
  }),
);

describe('a GeoTIFF written by GDAL', () => {
  for (const { name, type, bands, pixels } of FIXTURES) {
    it(`${name} gives its pixels, in any window`, async () => {
      const raster = await openGeoTiff(fixture(`${name}.tif`));
      assert.equal(raster.pixelType, type);
      assert.equal(raster.bandCount, bands);
      for (let band = 1; band <= bands; band++)
        assert.deepEqual(await read(raster, band), expected(pixels, band));
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 1, max: bands }), anyWindow, async (band, window) => {
          assert.deepEqual(await read(raster, band, window), expected(pixels, band, window));
        }),
        { numRuns: 25 },
      );
      await raster.close();
    });
  }

  it('u32_lerc gives whole numbers beyond 2^31', async () => {
    const raster = await openGeoTiff(fixture('u32_lerc.tif'));
    const pixels = await read(raster, 1, LERC_WINDOW);
    assert.deepEqual(
      pixels,
      pixels.map((_, i) => 3_000_000_000 + ((7919 * i) % 100_000)),
    );
    await raster.close();
  });

  it('f32_lerc_masks keeps the pixels of each band, whichever the others have', async () => {
    const raster = await openGeoTiff(fixture('f32_lerc_masks.tif'));
    const fifth = (i: number, value: number): number => (i % 5 === 0 ? NaN : value);
    const bands = [(i: number) => i + 1.5, (i: number) => fifth(i, i + 2.5)];
    bands.push(
      () => NaN,
      (i) => fifth(i, i + 4.5),
    );
    for (const [band, valueAt] of bands.entries()) {
      const pixels = await read(raster, band + 1, LERC_WINDOW);
      assert.deepEqual(
        pixels,
        pixels.map((_, i) => valueAt(i)),
      );
    }
    await raster.close();
  });

  it('lies where it lies', async () => {
    const raster = await openGeoTiff(fixture('u16_lzw_p2_tiles.tif'));
    const corner = { originX: 500000, originY: 5650000, stepX: 10, stepY: -10 };
    assert.deepEqual(raster.grid, { epsg: 32631, width: WIDTH, height: HEIGHT, ...corner });
    assert.deepEqual(raster.block, { width: 16, height: 16 });
    assert.equal(raster.noData, undefined);
    await raster.close();
  });

  it('of pixels that are points has the same corner', async () => {
    const raster = await openGeoTiff(fixture('point.tif'));
    assert.deepEqual([raster.grid.originX, raster.grid.originY], [500000, 5650000]);
    await raster.close();
  });

  it('tells its no-data value and another datum', async () => {
    const raster = await openGeoTiff(fixture('etrs89_nodata.tif'));
    assert.equal(raster.grid.epsg, 25831);
    assert.equal(raster.noData, 65535);
    await raster.close();
  });

  it('may be in degrees', async () => {
    const raster = await openGeoTiff(fixture('wgs84_degrees.tif'));
    const { grid } = raster;
    assert.equal(grid.epsg, 4326);
    assert.deepEqual([grid.originX, grid.originY], [3, 51]);
    assert.ok(Math.abs(grid.stepX - 1 / WIDTH) < 1e-15);
    await raster.close();
  });

  it('writes where it is told and nowhere else', async () => {
    const raster = await openGeoTiff(fixture('u16_zstd.tif'));
    const pixels = new Uint16Array(100);
    await raster.readWindow(
      2,
      { column: 15, row: 15, width: 3, height: 2 },
      { pixels, offset: 7, stride: 10 },
    );
    const touched = Array.from(pixels.entries()).filter(([, value]) => value !== 0);
    assert.deepEqual(
      touched,
      [7, 8, 9, 17, 18, 19].map((at, i) => [at, u16(2, 15 + Math.floor(i / 3), 15 + (i % 3))]),
    );
    await raster.close();
  });

  it('refuses a window beyond its pixels, a band it has not, and an array of another type', async () => {
    const raster = await openGeoTiff(fixture('u16_zstd.tif'));
    const target = { pixels: new Uint16Array(WIDTH * HEIGHT), offset: 0, stride: WIDTH };
    await assert.rejects(raster.readWindow(1, { ...WHOLE, column: 1 }, target), RangeError);
    await assert.rejects(raster.readWindow(3, WHOLE, target), RangeError);
    await assert.rejects(raster.readWindow(1, WHOLE, { ...target, offset: 1 }), RangeError);
    await assert.rejects(
      raster.readWindow(1, WHOLE, { ...target, pixels: new Float32Array(WIDTH * HEIGHT) }),
      TypeError,
    );
    await raster.close();
  });
});

describe('a GeoTIFF whose bands are one uncompressed strip each, as SNAP writes them', () => {
  it('is read in blocks of rows, not as a whole', async () => {
    const [width, height] = [1000, 1500];
    const bands = [1, 2].map((band) =>
      Uint8Array.from({ length: width * height }, (_, i) => (i * 7 + band) % 251),
    );
    const changes = { 256: [width], 257: [height], 258: [8, 8], 277: [2], 278: [height], 284: [2] };
    const length = tinyTiff({ ...changes, 273: [0, 0], 279: [0, 0] }).length;
    const size = width * height;
    const head = tinyTiff({ ...changes, 273: [length, length + size], 279: [size, size] });
    const raster = await openGeoTiff(written(Buffer.concat([head, ...bands])));
    assert.equal(raster.flat, true);
    assert.ok(raster.block.height < height);
    const window = { column: 990, row: 1040, width: 10, height: 20 };
    for (const band of [1, 2]) {
      const wanted = Array.from(
        { length: 200 },
        (_, i) => (1040 + Math.floor(i / 10)) * width + 990 + (i % 10),
      );
      assert.deepEqual(
        await read(raster, band, window),
        wanted.map((at) => (at * 7 + band) % 251),
      );
    }
    await raster.close();
  });
});

describe('a damaged or unsupported TIFF', () => {
  it('that is sound gives its pixels', async () => {
    const raster = await openGeoTiff(written(tinyTiff()));
    assert.deepEqual(await read(raster, 1, { column: 0, row: 0, width: 2, height: 2 }), [1, 2, 3, 4]);
    await raster.close();
  });

  const bad: [string, Tags, RegExp][] = [
    ['without a width', { 256: undefined }, /width of nothing/],
    ['of impossible size', { 256: [4294967295] }, /width of 4294967295/],
    ['of too many bands', { 277: [70000] }, /70000 bands/],
    ['without offsets', { 273: undefined }, /where its blocks lie/],
    ['with too few offsets', { 278: [1] }, /where 1 blocks lie, but it has 2/],
    ['of samples of 24 bits', { 258: [24] }, /unsigned integers of 24 bits/],
    ['of complex numbers', { 339: [6] }, /not supported: .*format 6/],
    ['of floats of 16 bits', { 258: [16], 339: [3] }, /not supported: .*floats of 16 bits/],
    ['of integers of 64 bits', { 258: [64] }, /not supported: .*64 bits/],
    ['of reversed bits', { 266: [2] }, /not supported: .*FillOrder 2/],
    ['of an unknown compression', { 259: [34712] }, /compression 34712.*gdal_translate/],
    ['of an impossible predictor', { 317: [3] }, /predictor 3/],
  ];
  for (const [what, tags, says] of bad) {
    it(`${what} is refused`, async () => {
      await assert.rejects(openGeoTiff(written(tinyTiff(tags))), (error: Error) => {
        assert.ok(error instanceof RasterError, String(error));
        assert.match(error.message, says);
        return true;
      });
    });
  }

  it('compressed by JPEG is refused with what to do', async () => {
    await assert.rejects(openGeoTiff(fixture('u16_jpeg.tif')), /compression 7.*gdal_translate/);
  });

  for (const [what, tags] of [
    ['beyond the end of the file', { 273: [1_000_000] }],
    ['too short', { 279: [3] }],
    ['of damaged Deflate data', { 259: [8] }],
    ['of damaged LZW data', { 259: [5] }],
    ['of damaged ZSTD data', { 259: [50000] }],
    ['of damaged LERC data', { 259: [34887] }],
  ] as const) {
    it(`opens with a block ${what}, and reading it fails`, async () => {
      const raster = await openGeoTiff(written(tinyTiff(tags)));
      await assert.rejects(read(raster, 1, { column: 0, row: 0, width: 2, height: 2 }), (error: Error) => {
        assert.ok(error instanceof RasterError, String(error));
        assert.match(error.message, /made\.tif: damaged: block 0: /);
        return true;
      });
      await raster.close();
    });
  }

  it('opens with a block at a negative place, and reading it fails', async () => {
    const bytes = tinyTiff();
    // The entry of StripOffsets: its field type becomes SLONG.
    const entry = bytes.indexOf(Buffer.from([0x11, 0x01, 4, 0]));
    bytes.writeUInt16LE(9, entry + 2);
    bytes.writeInt32LE(-80, entry + 8);
    const raster = await openGeoTiff(written(bytes));
    await assert.rejects(
      read(raster, 1, { column: 0, row: 0, width: 2, height: 2 }),
      /made\.tif: damaged: block 0: says that 4 bytes lie at -80/,
    );
    await raster.close();
  });

  it('never fails but by RasterError, whatever bytes are broken', async () => {
    const sound = readFileSync(fixture('u16_lzw_p2_tiles.tif'));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(sound.length - 1), fc.nat(255)), { maxLength: 8 }),
        async (hits) => {
          const broken = Buffer.from(sound);
          for (const [at, value] of hits) broken[at] = value;
          try {
            const raster = await openGeoTiff(written(broken));
            const { width, height } = raster.grid;
            await read(raster, 1, {
              column: 0,
              row: 0,
              width: Math.min(width, 64),
              height: Math.min(height, 64),
            });
            await raster.close();
          } catch (error) {
            assert.ok(error instanceof RasterError, String(error));
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it('that is no TIFF at all is said to be none', async () => {
    await assert.rejects(
      openGeoTiff(written(Buffer.from('II*\0'))),
      /made\.tif: damaged: the file is truncated/,
    );
    await assert.rejects(openGeoTiff(written(Buffer.alloc(64, 0x20))), /is not a TIFF file/);
    await assert.rejects(openGeoTiff(join(folder, 'nowhere.tif')), /nowhere\.tif: cannot be read \(ENOENT\)/);
  });
});
