import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Unsupported } from '../../rasters/unsupported.js';
import { epsgOfWkt } from '../../rasters/wkt.js';
import { wktOfUtm } from './made-envi.js';

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
