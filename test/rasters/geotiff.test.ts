import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import fc from 'fast-check';
import { openGeoTiff } from '../../rasters/geotiff/index.js';
import { RasterError, type PixelType } from '../../rasters/raster.js';
import { expected, f32, fixture, HEIGHT, read, u16, WHOLE, WIDTH, zero, type Formula } from './made.js';
import { geoKeys, tinyTiff, type Tags } from './tiny-tiff.js';

const folder = mkdtempSync(join(tmpdir(), 'parcelwise-geotiff-'));
after(() => {
  rmSync(folder, { recursive: true });
});

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

const ESRI_WGS_84 =
  'GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],' +
  'PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]';
const ESRI_UTM_31 =
  `PROJCS["WGS_1984_UTM_Zone_31N",${ESRI_WGS_84},PROJECTION["Transverse_Mercator"],` +
  'PARAMETER["Central_Meridian",3.0],PARAMETER["False_Easting",500000.0],PARAMETER["False_Northing",0.0],' +
  'PARAMETER["Scale_Factor",0.9996],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]';

/** GDAL's GEOTIFF_KEYS_FLAVOR=ESRI_PE: a user-defined model, the codes, and ArcGIS's own WKT. */
function esri(wkt: string, codes: Readonly<Record<number, number>>): Tags {
  const said = `ESRI PE String = ${wkt}|`;
  return { 34735: geoKeys({ 1024: 32767, 1025: 1, ...codes }, { 3073: [0, said.length] }), 34737: said };
}

describe('the georeference of a GeoTIFF', () => {
  const user = { 1024: 1, 3072: 32767 };
  const citation = 'WGS 84 / UTM zone 33S|';
  const degrees: Tags = { 33550: [0.5, 0.5, 0], 33922: [0, 0, 0, 3, 51, 0] };
  const good: [string, Tags, object][] = [
    [
      'by a tie point inside',
      { 33922: [1, 1, 0, 500010, 5649990, 0] },
      { originX: 500000, originY: 5650000 },
    ],
    [
      'by a transformation',
      {
        33550: undefined,
        33922: undefined,
        34264: [20, 0, 0, 400000, 0, -20, 0, 5e6, 0, 0, 0, 0, 0, 0, 0, 1],
      },
      { originX: 400000, originY: 5e6, stepX: 20, stepY: -20 },
    ],
    ['with a negative pixel size', { 33550: [10, -10, 0] }, { stepY: -10 }],
    [
      'of points',
      { 34735: geoKeys({ 1024: 1, 1025: 2, 3072: 32631 }) },
      { originX: 499995, originY: 5650005 },
    ],
    [
      'with a CRS by citation',
      { 34735: geoKeys(user, { 3073: [0, citation.length] }), 34737: citation },
      { epsg: 32733 },
    ],
    [
      'with tie points that agree',
      { 33922: [0, 0, 0, 500000, 5650000, 0, 2, 2, 0, 500020, 5649980, 0] },
      { originX: 500000, originY: 5650000 },
    ],
    [
      'by both ways that agree',
      { 34264: [10, 0, 0, 500000, 0, -10, 0, 5650000, 0, 0, 0, 0, 0, 0, 0, 1] },
      { originX: 500000, stepY: -10 },
    ],
    ['in metres, as it says', { 34735: geoKeys({ 1024: 1, 3072: 32631, 3076: 9001 }) }, { epsg: 32631 }],
    [
      'in US survey feet, as its code has them',
      { 34735: geoKeys({ 1024: 1, 3072: 2263, 3076: 9003 }) },
      { epsg: 2263 },
    ],
    [
      'in feet, as its code has them',
      { 34735: geoKeys({ 1024: 1, 3072: 2222, 3076: 9002 }) },
      { epsg: 2222 },
    ],
    [
      'in degrees',
      { ...degrees, 34735: geoKeys({ 1024: 2, 2048: 4258, 2054: 9102 }) },
      { epsg: 4258, originX: 3, originY: 51 },
    ],
    [
      'with keys of a height',
      { 34735: geoKeys({ 1024: 1, 3072: 32631, 4096: 5773, 4099: 9002 }) },
      { epsg: 32631 },
    ],
    [
      'with a CRS by citation, and keys that say the same',
      {
        34735: geoKeys({ ...user, 2048: 4326, 3074: 16133 }, { 3073: [0, citation.length] }),
        34737: citation,
      },
      { epsg: 32733 },
    ],
    [
      "as ArcGIS writes it, with a model of the user's",
      esri(ESRI_UTM_31, { 3072: 32631, 2054: 9102, 3076: 9001 }),
      { epsg: 32631 },
    ],
    [
      'in degrees as ArcGIS writes it',
      { ...degrees, ...esri(ESRI_WGS_84, { 2048: 4326, 2054: 9102 }) },
      { epsg: 4326 },
    ],
    ['with a CRS by projection', { 34735: geoKeys({ ...user, 2048: 4326, 3074: 16031 }) }, { epsg: 32631 }],
  ];
  for (const [what, tags, grid] of good) {
    it(`${what} is understood`, async () => {
      const raster = await openGeoTiff(written(tinyTiff(tags)));
      assert.deepEqual({ ...raster.grid, ...grid }, raster.grid);
      await raster.close();
    });
  }

  const bad: [string, Tags, RegExp][] = [
    ['without any', { 33550: undefined, 33922: undefined }, /has no georeference/],
    ...[9002, 9003, 9036].map((unit): [string, Tags, RegExp] => [
      `in the unit ${unit}, where its code is in metres`,
      { 34735: geoKeys({ 1024: 1, 3072: 32631, 3076: unit }) },
      /not supported: gives its coordinates in units of .* m, but EPSG:32631/,
    ]),
    [
      'in metres, where its code is in feet',
      { 34735: geoKeys({ 1024: 1, 3072: 2263, 3076: 9001 }) },
      /not supported: gives its coordinates in units of 1 m, but EPSG:2263/,
    ],
    [
      'in one kind of feet, where its code is in the other',
      { 34735: geoKeys({ 1024: 1, 3072: 2263, 3076: 9002 }) },
      /not supported: gives its coordinates in units of 0\.3048 m, but EPSG:2263/,
    ],
    [
      'in a unit of its own',
      { 34735: geoKeys({ 1024: 1, 3072: 32631, 3076: 32767, 3077: 0 }) },
      /not supported: gives its coordinates in units of 0 m/,
    ],
    [
      'in a unit that is rare',
      { 34735: geoKeys({ 1024: 1, 3072: 32631, 3076: 9014 }) },
      /in the unit EPSG:9014/,
    ],
    [
      'of UTM by projection, in feet',
      { 34735: geoKeys({ ...user, 2048: 4326, 3074: 16031, 3076: 9002 }) },
      /not supported: gives its coordinates in units of 0\.3048 m, but EPSG:32631/,
    ],
    [
      'in grads',
      { ...degrees, 34735: geoKeys({ 1024: 2, 2048: 4326, 2054: 9105 }) },
      /not supported: has coordinates in the angular unit 9105/,
    ],
    [
      'in grads by its code',
      { ...degrees, 34735: geoKeys({ 1024: 2, 2048: 4807 }) },
      /not supported: is in grads/,
    ],
    [
      'of longitudes that are none',
      { 34735: geoKeys({ 1024: 2, 2048: 4326 }) },
      /not supported: lies from \(500000, 5650000\).*EPSG:4326, a CRS in degrees/,
    ],
    [
      'with a projected CRS that is said to be none',
      { ...degrees, 34735: geoKeys({ 1024: 2, 2048: 4326, 3072: 32631 }) },
      /names the projected CRS EPSG:32631, but says that its CRS is none/,
    ],
    [
      "of which ArcGIS's own text says something else",
      esri(ESRI_UTM_31.replace('3.0', '9.0'), { 3072: 32631 }),
      /names the CRS EPSG:32631, but its 'ESRI PE String' is that of EPSG:32632/,
    ],
    [
      'with a user-defined model that is not geographic',
      esri(`PROJCS["Mine",${ESRI_WGS_84}]`, { 2048: 4326 }),
      /not supported: has a CRS without an EPSG code/,
    ],
    [
      'that is geocentric',
      { 34735: geoKeys({ 1024: 3, 2048: 4978 }) },
      /not supported: has a geocentric CRS/,
    ],
    ...['NAD83(CSRS)', 'NAD83(HARN)', 'NAD_1983_2011', 'WGS 72', 'Old'].map(
      (datum): [string, Tags, RegExp] => {
        const name = `${datum} / UTM zone 18N|`;
        return [
          `of ${datum} by citation`,
          { 34735: geoKeys(user, { 3073: [0, name.length] }), 34737: name },
          /without an EPSG code/,
        ];
      },
    ),
    ...[{ 2048: 4152 }, { 2048: 4326 }, { 2048: 4269, 3074: 16019 }, { 3074: 16118 }].map(
      (beside): [string, Tags, RegExp] => {
        const name = 'NAD83 / UTM zone 18N|';
        return [
          `of NAD83 by citation, and something else by keys (${JSON.stringify(beside)})`,
          { 34735: geoKeys({ ...user, ...beside }, { 3073: [0, name.length] }), 34737: name },
          /without an EPSG code/,
        ];
      },
    ),
    [
      'with tie points that contradict each other',
      { 33922: [0, 0, 0, 500000, 5650000, 0, 2, 2, 0, 500021, 5649980, 0] },
      /not supported: has tie points that are no regular grid/,
    ],
    [
      'with a matrix that contradicts the tie point',
      { 34264: [10, 0, 0, 500005, 0, -10, 0, 5650000, 0, 0, 0, 0, 0, 0, 0, 1] },
      /damaged: has a transformation matrix that contradicts/,
    ],
    [
      'with keys that lead nowhere',
      { 34735: [1, 1, 0, 1, 3072, 34736, 1, 7] },
      /GeoKey 3072 that leads nowhere/,
    ],
    ['without a tie point', { 33922: undefined }, /no tie point/],
    ['of control points only', { 33550: undefined }, /ground control points only; warp it/],
    [
      'that is rotated',
      { 33550: undefined, 33922: undefined, 34264: [9, 3, 0, 4e5, 3, -9, 0, 5e6, 0, 0, 0, 0, 0, 0, 0, 1] },
      /rotated grid; warp it/,
    ],
    ['without keys', { 34735: undefined }, /names no CRS; set one by/],
    ['with a user-defined CRS', { 34735: geoKeys(user) }, /without an EPSG code; set one by/],
    ['that is not finite', { 33922: [0, 0, 0, NaN, 0, 0] }, /not finite/],
  ];
  for (const [what, tags, says] of bad) {
    it(`${what} is refused by an error that names the file`, async () => {
      const path = written(tinyTiff(tags));
      await assert.rejects(openGeoTiff(path), (error: Error) => {
        assert.ok(error instanceof RasterError);
        assert.ok(error.message.startsWith(`${path}: `));
        assert.match(error.message, says);
        return true;
      });
    });
  }
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
