import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { openEnvi } from '../../rasters/envi.js';
import { PIXEL_ARRAYS, RasterError, type PixelType } from '../../rasters/raster.js';
import { epsgOfWkt } from '../../rasters/wkt.js';
import { expected, f32, HEIGHT, read, u16, WHOLE, WIDTH, type Formula } from './made.js';

const folder = mkdtempSync(join(tmpdir(), 'parcelwise-envi-'));
after(() => {
  rmSync(folder, { recursive: true });
});

const MAP_INFO = '{UTM, 1, 1, 500000, 5650000, 10, 10, 31, North, WGS-84, units=Meters}';

interface Made {
  readonly type?: PixelType;
  readonly interleave?: 'bsq' | 'bil' | 'bip';
  readonly byteOrder?: 0 | 1;
  readonly offset?: number;
  readonly formula?: Formula;
  /** The whole header, or lines in place of the usual map info. */
  readonly header?: string;
  readonly place?: string;
  readonly cut?: number;
}

const DATA_TYPES = { uint8: 1, int16: 2, int32: 3, float32: 4, float64: 5, uint16: 12, uint32: 13 } as const;

/** Writes two bands of made-up pixels and their header; gives the path of the pixels. */
function write(made: Made = {}): string {
  const { type = 'float32', interleave = 'bsq', byteOrder = 1, offset = 0, formula = f32 } = made;
  const count = WIDTH * HEIGHT;
  const pixels = new PIXEL_ARRAYS[type](2 * count);
  for (let band = 1; band <= 2; band++) {
    expected(formula, band).forEach((value, i) => {
      const [row, column] = [Math.floor(i / WIDTH), i % WIDTH];
      const at = {
        bsq: (band - 1) * count + i,
        bil: (row * 2 + band - 1) * WIDTH + column,
        bip: i * 2 + band - 1,
      }[interleave];
      pixels[at] = value;
    });
  }
  const bytes = Buffer.from(pixels.buffer);
  const size = pixels.BYTES_PER_ELEMENT;
  if (byteOrder === 1 && size === 2) bytes.swap16();
  if (byteOrder === 1 && size === 4) bytes.swap32();
  if (byteOrder === 1 && size === 8) bytes.swap64();
  const path = join(folder, 'Gamma0_VV.img');
  const all = Buffer.concat([Buffer.alloc(offset, 7), bytes]);
  writeFileSync(path, all.subarray(0, all.length - (made.cut ?? 0)));
  const type_ = type in DATA_TYPES ? DATA_TYPES[type as keyof typeof DATA_TYPES] : 0;
  const usual = [
    ...['ENVI', `samples = ${WIDTH}`, `lines = ${HEIGHT}`, 'bands = 2', `header offset = ${offset}`],
    ...[`data type = ${type_}`, `interleave = ${interleave}`, `byte order = ${byteOrder}`],
    made.place ?? `map info = ${MAP_INFO}`,
  ];
  writeFileSync(join(folder, 'Gamma0_VV.hdr'), made.header ?? usual.join('\n'));
  return path;
}

describe('an ENVI file', () => {
  const small: Formula = (band, row, column) => u16(band, row, column) % 120;
  for (const type of Object.keys(DATA_TYPES) as (keyof typeof DATA_TYPES)[]) {
    for (const interleave of ['bsq', 'bil', 'bip'] as const) {
      for (const byteOrder of [0, 1] as const) {
        it(`of ${type}, ${interleave}, byte order ${byteOrder}, gives its pixels`, async () => {
          const formula = type.startsWith('float') ? f32 : type === 'uint8' ? small : u16;
          const raster = await openEnvi(write({ type, interleave, byteOrder, formula, offset: 13 }));
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
    const raster = await openEnvi(write());
    const pixels = new Float32Array(WIDTH * 4).fill(-1);
    const whole = { column: 0, row: 28, width: WIDTH, height: 1 };
    await raster.readWindow(2, whole, { pixels, offset: WIDTH, stride: WIDTH });
    assert.deepEqual(Array.from(pixels.subarray(WIDTH, 2 * WIDTH)), expected(f32, 2, whole));
    assert.ok([...pixels.subarray(0, WIDTH), ...pixels.subarray(2 * WIDTH)].every((value) => value === -1));
    await raster.close();
  });

  it('fills shared memory too', async () => {
    const raster = await openEnvi(write());
    const pixels = new Float32Array(new SharedArrayBuffer(WIDTH * HEIGHT * 4));
    await raster.readWindow(1, WHOLE, { pixels, offset: 0, stride: WIDTH });
    assert.deepEqual(Array.from(pixels), expected(f32, 1));
    await raster.close();
  });

  it('is flat, in blocks of whole rows', async () => {
    const raster = await openEnvi(write());
    assert.equal(raster.flat, true);
    assert.deepEqual(raster.block, { width: WIDTH, height: HEIGHT });
    await raster.close();
  });

  it('shorter than its header promises is refused', async () => {
    const promised = WIDTH * HEIGHT * 2 * 4;
    await assert.rejects(openEnvi(write({ cut: 1 })), (error: Error) => {
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

describe('an ENVI header', () => {
  it('may have braces over several lines, keys in any case, comments and blanks', async () => {
    const header = [
      ...[
        'ENVI',
        'description = {',
        '  Gamma0, terrain corrected,',
        '  map info = none }',
        '; byte order = 7',
      ],
      ...[`Samples   = ${WIDTH}`, `LINES=${HEIGHT}`, 'Bands = 2', '', 'Data  Type = 4', 'Interleave = BSQ'],
      ...[
        'Byte Order = 1',
        'map info = {UTM, 1.0000, 1.0000, 500000.0,',
        ' 5650000.0, 1.0e+01, 1.0e+01,',
        ' 31, North,',
      ],
      ...[' WGS-84, units=Meters}', 'Data Ignore Value = -99.5', 'band names = {', ' VV,', ' VH }'],
    ].join('\r\n');
    const raster = await openEnvi(write({ header }));
    assert.equal(raster.noData, -99.5);
    assert.deepEqual([raster.grid.originX, raster.grid.originY, raster.grid.epsg], [500000, 5650000, 32631]);
    assert.deepEqual(await read(raster, 2), expected(f32, 2));
    await raster.close();
  });

  const grids: [string, string, object][] = [
    [
      'with the reference pixel in the centre of the image, as SNAP writes it',
      'map info = {UTM,19.5,15.5,500185.0,5649855.0,10.0,10.0,31,North,World Geodetic System 1984,units=Meters}',
      { epsg: 32631, originX: 500000, originY: 5650000 },
    ],
    [
      'with the reference in the centre of the first pixel',
      'map info = {UTM, 1.5, 1.5, 500005, 5649995, 10, 10, 31, North, WGS-84}',
      { originX: 500000, originY: 5650000 },
    ],
    [
      'of the southern hemisphere, with odd pixel sizes',
      'map info = {UTM, 1, 1, 620048.241204, 4830114.70107, 9.998, 10.002, 22, South, WGS-84}',
      { epsg: 32722, originX: 620048.241204, stepX: 9.998, stepY: -10.002 },
    ],
    ['of ETRS89', 'map info = {UTM, 1, 1, 500000, 5650000, 10, 10, 31, North, ETRS89}', { epsg: 25831 }],
    [
      'in degrees',
      'map info = {Geographic Lat/Lon, 1, 1, 3.0, 51.0, 0.0001, 0.0001, WGS-84, units=Degrees}',
      { epsg: 4326, stepY: -0.0001 },
    ],
    [
      'of another projection, named by the WKT',
      'map info = {Arbitrary, 1, 1, 150000, 170000, 10, 10}\n' +
        'coordinate system string = {PROJCS["Belge 1972 / Belgian Lambert 72", GEOGCS["Belge 1972"], AUTHORITY["EPSG","31370"]]}',
      { epsg: 31370 },
    ],
  ];
  for (const [what, place, grid] of grids) {
    it(`${what}, is understood`, async () => {
      const raster = await openEnvi(write({ place }));
      assert.deepEqual({ ...raster.grid, ...grid }, raster.grid);
      await raster.close();
    });
  }

  const usual = (line: string): string =>
    ['ENVI', `samples = ${WIDTH}`, `lines = ${HEIGHT}`, 'data type = 4', `map info = ${MAP_INFO}`, line].join(
      '\n',
    );
  const bad: [string, Made, RegExp][] = [
    ['no header', { header: 'samples = 3' }, /does not begin with 'ENVI'/],
    ['no lines', { header: 'ENVI\nsamples = 37\ndata type = 4' }, /has no 'lines'/],
    ['samples that are no count', { header: usual('samples = 3.5') }, /'samples' 3\.5, not a count/],
    ['no pixels', { header: usual('lines = 0') }, /'lines' 0/],
    ['complex pixels', { header: usual('data type = 6') }, /data type '6'/],
    ['an unknown interleave', { header: usual('interleave = bsx') }, /interleave 'bsx'/],
    ['an unknown byte order', { header: usual('byte order = 2') }, /byte order '2'/],
    ['a compressed file', { header: usual('file compression = 1') }, /compressed; unpack it/],
    [
      'an open brace',
      { header: usual('band names = {VV,') },
      /'band names' with a brace that is never closed/,
    ],
    ['no place', { place: '' }, /has no 'map info'/],
    [
      'a place without numbers',
      { place: 'map info = {UTM, 1, 1, x, 5, 10, 10, 31, North, WGS-84}' },
      /missing or wrong/,
    ],
    [
      'a rotated grid',
      { place: `map info = ${MAP_INFO.replace('}', ', rotation=29.5}')}` },
      /rotated grid; warp it/,
    ],
    ['UTM in feet', { place: `map info = ${MAP_INFO.replace('Meters', 'Feet')}` }, /coordinates in Feet/],
    [
      'an unknown datum',
      { place: `map info = ${MAP_INFO.replace('WGS-84', 'Potsdam')}` },
      /without an EPSG code.*Potsdam/,
    ],
  ];
  for (const [what, made, says] of bad) {
    it(`with ${what} is refused by an error that names it`, async () => {
      await assert.rejects(openEnvi(write(made)), (error: Error) => {
        assert.ok(error instanceof RasterError, String(error));
        assert.match(error.message, /Gamma0_VV\.hdr: /);
        assert.match(error.message, says);
        return true;
      });
    });
  }
});

describe('the EPSG code of a WKT', () => {
  const utm = (name: string, meridian: number, northing: number, rest = ''): string =>
    `PROJCS["${name}", GEOGCS["World Geodetic System 1984", DATUM["World Geodetic System 1984", ` +
    'SPHEROID["WGS 84", 6378137.0, 298.257223563, AUTHORITY["EPSG","7030"]], AUTHORITY["EPSG","6326"]]], ' +
    'PROJECTION["Transverse_Mercator", AUTHORITY["EPSG","9807"]], ' +
    `PARAMETER["central_meridian", ${meridian}.0], PARAMETER["latitude_of_origin", 0.0], ` +
    `PARAMETER["scale_factor", 0.9996], PARAMETER["false_easting", 500000.0], ` +
    `PARAMETER["false_northing", ${northing}.0], UNIT["m", 1.0], AXIS["x", EAST], AXIS["y", NORTH]${rest}]`;

  it('is that of the CRS itself, not of its datum or projection', () => {
    assert.equal(epsgOfWkt(utm('x', 3, 0, ', AUTHORITY["EPSG","12345"]')), 12345);
  });

  it("follows from UTM's parameters where none is given", () => {
    assert.equal(epsgOfWkt(utm('UTM Zone 31 / World Geodetic System 1984', 3, 0)), 32631);
    assert.equal(epsgOfWkt(utm('Auto', -51, 10_000_000)), 32722);
    assert.equal(epsgOfWkt(utm('Auto', 4, 0)), undefined);
  });

  it("is found in ESRI's spelling", () => {
    const esri =
      'PROJCS["ETRS_1989_UTM_Zone_32N",GEOGCS["GCS_ETRS_1989",DATUM["D_ETRS_1989",SPHEROID["GRS_1980",6378137.0,298.257222101]],' +
      'PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],' +
      'PARAMETER["False_Easting",500000.0],PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",9.0],' +
      'PARAMETER["Scale_Factor",0.9996],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]';
    assert.equal(epsgOfWkt(esri), 25832);
    assert.equal(epsgOfWkt(esri.replaceAll('ETRS_1989', 'WGS_1984')), 32632);
  });

  it('is unknown for other parameters and broken texts', () => {
    assert.equal(epsgOfWkt('GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984"]]'), 4326);
    for (const text of ['', 'PROJCS', 'PROJCS["x"', 'PROJCS["x", GEOGCS[', ']]', 'LOCAL_CS["x"]']) {
      assert.equal(epsgOfWkt(text), undefined);
    }
  });
});
