import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openEnvi } from '../../rasters/envi.js';
import { RasterError } from '../../rasters/raster.js';
import { expected, f32, HEIGHT, read, WIDTH } from './made.js';
import { MAP_INFO, type Made, wktOfUtm, writeEnvi } from './made-envi.js';

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
    const raster = await openEnvi(writeEnvi({ header }));
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
      const raster = await openEnvi(writeEnvi({ place }));
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
        writeEnvi({ type, formula: () => 1, place: `map info = ${MAP_INFO}\ndata ignore value = ${value}` }),
      );
      assert.equal(raster.noData, noData);
      await raster.close();
    }
  });

  it('of a megabyte is read at once, a longer one refused', async () => {
    const filler = (length: number): string => `wavelength = {${'\n'.repeat(length)}}`;
    const started = performance.now();
    const raster = await openEnvi(writeEnvi({ place: `map info = ${MAP_INFO}\n${filler(1_000_000)}` }));
    await raster.close();
    await assert.rejects(
      openEnvi(writeEnvi({ place: filler(1_048_577) })),
      /a header of at most 1048576 is read/,
    );
    assert.ok(performance.now() - started < 2000);
  });

  it('with a brace that is never closed is refused at once, however long', async () => {
    const header = `ENVI\nband names = {\n${'VV,\n'.repeat(250_000)}`;
    const started = performance.now();
    await assert.rejects(openEnvi(writeEnvi({ header })), /'band names' with a brace that is never closed/);
    assert.ok(performance.now() - started < 1000);
  });

  it('may have words after a closing brace, and braces in a line of others', async () => {
    const raster = await openEnvi(
      writeEnvi({ place: `description = { one\n two } ; three\nmap info = ${MAP_INFO}` }),
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
      await assert.rejects(openEnvi(writeEnvi(made)), (error: Error) => {
        assert.ok(error instanceof RasterError, String(error));
        assert.match(error.message, /Gamma0_VV\.hdr: /);
        assert.match(error.message, says);
        return true;
      });
    });
  }
});
