import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { openGeoTiff } from '../../rasters/geotiff/index.js';
import { RasterError } from '../../rasters/raster.js';
import { geoKeys, tinyTiff, type Tags } from './tiny-tiff.js';
import { temporaryFolder } from '../temporary-folder.js';

const folder = temporaryFolder('georeference');

function written(bytes: Uint8Array): string {
  const path = join(folder, 'made.tif');
  writeFileSync(path, bytes);
  return path;
}

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
