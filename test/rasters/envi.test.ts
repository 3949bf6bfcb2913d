import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { openEnvi } from '../../rasters/envi.js';
import { PIXEL_ARRAYS, RasterError, type PixelType } from '../../rasters/raster.js';
import { Unsupported } from '../../rasters/unsupported.js';
import { epsgOfWkt } from '../../rasters/wkt.js';
import { expected, f32, HEIGHT, read, u16, WHOLE, WIDTH, type Formula } from './made.js';

const folder = mkdtempSync(join(tmpdir(), 'parcelwise-envi-'));
after(() => {
  rmSync(folder, { recursive: true });
});

const MAP_INFO = '{UTM, 1, 1, 500000, 5650000, 10, 10, 31, North, WGS-84, units=Meters}';

/** WKT of UTM by its parameters, without a code. */
function wktOfUtm(datum: string, meridian: number, northing: number, unit = 'UNIT["metre",1]'): string {
  return (
    `PROJCS["x",GEOGCS["${datum}",DATUM["${datum}",SPHEROID["GRS 1980",6378137,298.257222101]],PRIMEM["Greenwich",0],` +
    `UNIT["degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],PARAMETER["latitude_of_origin",0],` +
    `PARAMETER["central_meridian",${meridian}],PARAMETER["scale_factor",0.9996],PARAMETER["false_easting",500000],` +
    `PARAMETER["false_northing",${northing}],${unit}]`
  );
}

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
      'by numbers as IDL prints doubles',
      `map info = ${MAP_INFO.replace('5650000', '5.65d6')}`,
      { epsg: 32631, originY: 5650000 },
    ],
    [
      'in seconds of arc, as GDAL reads them',
      'map info = {Geographic Lat/Lon, 1, 1, 10800, 183600, 3.6, 7.2, WGS-84, units=Seconds}',
      { epsg: 4326, originX: 3, originY: 51, stepX: 0.001, stepY: -0.002 },
    ],
    [
      'in minutes of arc',
      'map info = {Geographic Lat/Lon, 1, 1, 180, 3060, 0.06, 0.12, WGS-84, units=minutes}',
      { epsg: 4326, originX: 3, originY: 51, stepX: 0.001, stepY: -0.002 },
    ],
    [
      'with a WKT that says the same',
      `map info = ${MAP_INFO}\ncoordinate system string = {${wktOfUtm('WGS 84', 3, 0)}}`,
      { epsg: 32631 },
    ],
    [
      'of a datum that the WKT knows better',
      `map info = ${MAP_INFO.replace('WGS-84', 'unknown')}\ncoordinate system string = {${wktOfUtm('ETRS89', 3, 0)}}`,
      { epsg: 25831 },
    ],
    [
      'at the edge of the globe, of points',
      'map info = {Geographic Lat/Lon, 1, 1, -180.5, 90.5, 1, 1, WGS-84}',
      { originX: -180.5, originY: 90.5 },
    ],
    [
      'of NAD83',
      'map info = {UTM, 1, 1, 500000, 5650000, 10, 10, 18, North, North America 1983}',
      { epsg: 26918 },
    ],
    [
      'with frame offsets of nothing',
      `map info = ${MAP_INFO}\nmajor frame offsets = {0, 0}\nminor frame offsets = {0, 0}`,
      { epsg: 32631 },
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

  it("tells no-data in C's spellings, and none that its pixels can't have", async () => {
    for (const [value, type, noData] of [
      ['-1.#INF', 'float32', -Infinity],
      ['nan', 'float32', NaN],
      ['{-99, -99}', 'float32', -99],
      ['-99', 'uint8', undefined],
      ['255', 'uint8', 255],
    ] as const) {
      const raster = await openEnvi(
        write({ type, formula: () => 1, place: `map info = ${MAP_INFO}\ndata ignore value = ${value}` }),
      );
      assert.equal(raster.noData, noData);
      await raster.close();
    }
  });

  it('of a megabyte is read at once, a longer one refused', async () => {
    const filler = (length: number): string => `wavelength = {${'\n'.repeat(length)}}`;
    const started = performance.now();
    const raster = await openEnvi(write({ place: `map info = ${MAP_INFO}\n${filler(1_000_000)}` }));
    await raster.close();
    await assert.rejects(
      openEnvi(write({ place: filler(1_048_577) })),
      /a header of at most 1048576 is read/,
    );
    assert.ok(performance.now() - started < 2000);
  });

  it('with a brace that is never closed is refused at once, however long', async () => {
    const header = `ENVI\nband names = {\n${'VV,\n'.repeat(250_000)}`;
    const started = performance.now();
    await assert.rejects(openEnvi(write({ header })), /'band names' with a brace that is never closed/);
    assert.ok(performance.now() - started < 1000);
  });

  it('may have words after a closing brace, and braces in a line of others', async () => {
    const raster = await openEnvi(
      write({ place: `description = { one\n two } ; three\nmap info = ${MAP_INFO}` }),
    );
    assert.equal(raster.grid.epsg, 32631);
    await raster.close();
  });

  const usual = (line: string): string =>
    [
      'ENVI',
      `samples = ${WIDTH}`,
      `lines = ${HEIGHT}`,
      'bands = 2',
      'data type = 4',
      `map info = ${MAP_INFO}`,
      line,
    ].join('\n');
  const bad: [string, Made, RegExp][] = [
    ['no header', { header: 'samples = 3' }, /does not begin with 'ENVI'/],
    [
      'no bands',
      { header: usual('bands = 2').replaceAll('bands = 2', '').replace('data type = 4', 'data type = 1') },
      /has no 'bands'/,
    ],
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
    [
      'UTM in feet',
      { place: `map info = ${MAP_INFO.replace('Meters', 'Feet')}` },
      /units of 0\.3048 m, but EPSG:32631/,
    ],
    ...['HARN', 'CSRS', '2011'].map((variant): [string, Made, RegExp] => [
      `NAD83(${variant})`,
      {
        place: `map info = ${MAP_INFO.replace('WGS-84', `North America 1983 ${variant}`).replace('31,', '18,')}`,
      },
      /without an EPSG code/,
    ]),
    ['no hemisphere', { place: `map info = ${MAP_INFO.replace('North', 'Nord')}` }, /without an EPSG code/],
    ['an empty number', { place: `map info = ${MAP_INFO.replace('1, 1', '1, ')}` }, /missing or wrong/],
    ['no byte order', { header: usual('interleave = bsq') }, /has no 'byte order'/],
    [
      'frame offsets',
      { header: usual('byte order = 0\nmajor frame offsets = {8, 8}') },
      /not supported: has 'major frame offsets'/,
    ],
    [
      'minor frame offsets',
      { header: usual('minor frame offsets = {0,2}') },
      /not supported: has 'minor frame offsets'/,
    ],
    [
      'a no-data value that is no number',
      { header: usual('byte order = 0\ndata ignore value = void') },
      /'void', which is no number/,
    ],
    [
      'no-data values of its bands',
      { header: usual('byte order = 0\ndata ignore value = {-99, -98}') },
      /'-99 -98', which is no number/,
    ],
    [
      'complex pixels of double precision',
      { header: usual('data type = 9') },
      /not supported: has data type '9'/,
    ],
    [
      'two zones',
      { place: `map info = ${MAP_INFO}\ncoordinate system string = {${wktOfUtm('WGS 84', 15, 10_000_000)}}` },
      /map info' that it lies in EPSG:32631, .* in EPSG:32733/,
    ],
    [
      'a WKT that is not understood beside a map info that is',
      { place: `map info = ${MAP_INFO}\ncoordinate system string = {PROJCS["Lambert"]}` },
      /without an EPSG code.*PROJCS\["Lambert"\]/,
    ],
    [
      'degrees in its map info and metres in its WKT',
      {
        place:
          'map info = {Geographic Lat/Lon, 1, 1, 3, 51, 0.001, 0.001, NAD27}\n' +
          `coordinate system string = {${wktOfUtm('WGS 84', 3, 0)}}`,
      },
      /contradicts its CRS, EPSG:32631/,
    ],
    [
      'a WKT in feet',
      {
        place: `map info = ${MAP_INFO}\ncoordinate system string = {${wktOfUtm('WGS 84', 3, 0, 'UNIT["US survey foot",0.3048006096]')}}`,
      },
      /units of 0\.3048006096 m, but EPSG:32631/,
    ],
    [
      'rows that go north',
      { place: `map info = ${MAP_INFO.replace('10, 10', '10, -10')}` },
      /not supported: has a grid that is not north up/,
    ],
    [
      'longitudes that are none',
      { place: 'map info = {Geographic Lat/Lon, 1, 1, 600000, 5700000, 10, 10, WGS-84, units=Degrees}' },
      /are no longitudes and latitudes, but names EPSG:4326/,
    ],
    [
      'radians',
      { place: 'map info = {Geographic Lat/Lon, 1, 1, 0.1, 0.9, 1e-6, 1e-6, WGS-84, units=Radians}' },
      /in Radians/,
    ],
    ['UTM in degrees', { place: `map info = ${MAP_INFO.replace('Meters', 'Degrees')}` }, /in Degrees/],
    ['UTM in kilometres', { place: `map info = ${MAP_INFO.replace('Meters', 'Km')}` }, /units of 1000 m/],
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

  it('is unknown for variants of a datum, other ellipsoids and meridians', () => {
    const sound = wktOfUtm('NAD83', -75, 0);
    assert.equal(epsgOfWkt(sound), 26918);
    for (const variant of [
      'NAD83(CSRS)',
      'NAD83(HARN)',
      'NAD_1983_HARN',
      'D_North_American_1983_CSRS',
      'NAD83(2011)',
      'WGS 72',
      'WGS 84 (G1762)',
    ])
      assert.equal(epsgOfWkt(sound.replaceAll('NAD83', variant)), undefined, variant);
    // The datum decides, not the name of the CRS around it.
    assert.equal(
      epsgOfWkt(sound.replace('DATUM["NAD83"', 'DATUM["NAD83_High_Accuracy_Reference_Network"')),
      undefined,
    );
    for (const ellipsoid of ['6378206.4,298.257222101', '6378137,294.978698213898', '6378137,298.25'])
      assert.equal(epsgOfWkt(sound.replace('6378137,298.257222101', ellipsoid)), undefined);
    assert.equal(epsgOfWkt(sound.replace('"Greenwich",0', '"Paris",2.33722917')), undefined);
    assert.equal(epsgOfWkt(sound.replace('0.0174532925199433', '0.0174532925199')), 26918);
    assert.throws(() => epsgOfWkt(sound.replace('0.0174532925199433', '0.015707963267949')), /radians/);
  });

  it('of a compound CRS is that of its horizontal one', () => {
    const horizontal = wktOfUtm('WGS 84', 3, 0);
    assert.equal(epsgOfWkt(`COMPD_CS["x",${horizontal},VERT_CS["y"],AUTHORITY["EPSG","9999"]]`), 32631);
  });

  it('is refused where its unit is not that of its code', () => {
    const feet = (epsg: number, metres: number): string =>
      `PROJCS["x",GEOGCS["y"],UNIT["z",${metres}],AUTHORITY["EPSG","${epsg}"]]`;
    assert.equal(epsgOfWkt(feet(2263, 0.3048006096012192)), 2263);
    assert.equal(epsgOfWkt(feet(2222, 0.3048)), 2222);
    assert.throws(() => epsgOfWkt(feet(2263, 0.3048)), Unsupported);
    assert.throws(() => epsgOfWkt(feet(2263, 1)), Unsupported);
    assert.throws(() => epsgOfWkt(feet(32631, 0.3048)), Unsupported);
  });

  it('is looked for in time that grows with the text', () => {
    const started = performance.now();
    for (const text of ['[', '"', 'A[', '(', ',', 'PROJCS["x",', '" ', 'A["'])
      epsgOfWkt(text.repeat(Math.floor(65_000 / text.length)));
    assert.equal(epsgOfWkt(' '.repeat(70_000)), undefined);
    assert.ok(performance.now() - started < 1000);
  });

  it('is unknown for other parameters and broken texts', () => {
    assert.equal(epsgOfWkt('GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984"]]'), 4326);
    for (const text of ['', 'PROJCS', 'PROJCS["x"', 'PROJCS["x", GEOGCS[', ']]', 'LOCAL_CS["x"]']) {
      assert.equal(epsgOfWkt(text), undefined);
    }
  });
});
