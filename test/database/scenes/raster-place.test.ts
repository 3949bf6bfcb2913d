/** Rasters against footprints: which lie somewhere else. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { CheckedSelection } from '../../../database/selection/check.js';
import { comparePlaces, type PlaceComparison } from '../../../database/scenes/raster-place.js';
import type { Grid } from '../../../database/terms.js';
import { createDatabase, skipWithoutServer } from '../database.js';
import type { TestDatabase } from '../database.js';
import { makeSeason } from '../season.js';

/** A tile of Sentinel-2: 109.8 km from (600000, 5700000) of zone 31, 4.42 to 6.06 degrees east, 50.4 to 51.45 north. */
const TILE = {
  epsg: 32631,
  width: 10980,
  height: 10980,
  originX: 600000,
  originY: 5700000,
  stepX: 10,
  stepY: -10,
};
const OVER_TILE = [4.42, 50.45, 5.98, 51.44] as const;

describe('a raster', { skip: skipWithoutServer }, () => {
  let database: TestDatabase;
  let season: CheckedSelection;
  before(async () => {
    database = await createDatabase();
    season = await makeSeason(database.pool);
  });
  after(() => database.drop());

  const check = async (footprint: string, grid: Grid): Promise<PlaceComparison | undefined> => {
    await database.pool.query(`UPDATE dias_catalogue SET footprint = ${footprint} WHERE id = 1`);
    return await comparePlaces(database.pool, season, 1, grid);
  };
  const box = (...[west, south, east, north]: readonly [number, number, number, number]): string =>
    `ST_MakeEnvelope(${west}, ${south}, ${east}, ${north}, 4326)`;
  const meets = async (footprint: string, grid: Grid): Promise<boolean | undefined> =>
    (await check(footprint, grid))?.meets;

  it('of the scene meets its footprint, as a whole, as a clip, and partly filled', async () => {
    assert.equal(await meets(box(...OVER_TILE), TILE), true);
    assert.equal(await meets(box(...OVER_TILE), { ...TILE, width: 50, height: 50 }), true, 'a clip');
    assert.equal(await meets(box(4.42, 51.3, 4.6, 51.44), TILE), true, 'partly filled');
    assert.equal(await meets(box(-10, 35, 30, 70), TILE), true, 'a whole datastrip');
    assert.equal(await meets(box(5, 50.9, 5.001, 50.901), TILE), true, 'a footprint inside');
    const sliver = "ST_GeomFromText('POLYGON((4 52, 4.5 50.9, 4.500001 50.9, 4 52))', 4326)";
    assert.equal(await meets(sliver, TILE), true);
  });

  it('of another zone, hemisphere or tile meets it nowhere', async () => {
    const footprint = box(...OVER_TILE);
    for (const elsewhere of [
      { epsg: 32632 },
      { epsg: 32731 },
      { originX: 800000 },
      { originY: 5500000 },
      { originX: 5700000, originY: 600000 },
    ])
      assert.equal(await meets(footprint, { ...TILE, ...elsewhere }), false, JSON.stringify(elsewhere));
    const found = await check(footprint, { ...TILE, epsg: 32632 });
    assert.deepEqual(found?.footprint, { minX: 4.42, minY: 50.45, maxX: 5.98, maxY: 51.44 });
    assert.deepEqual(Math.round(found.raster!.minX), 10);
  });

  it('is another place where it lies more than a tenth of a degree off', async () => {
    const degree = { epsg: 4326, width: 10, height: 10, originX: 10, originY: 51, stepX: 0.1, stepY: -0.1 };
    assert.equal(await meets(box(8, 50, 9.91, 51), degree), true);
    assert.equal(await meets(box(8, 50, 9.89, 51), degree), false);
    assert.equal(await meets(box(10, 51.09, 11, 52), degree), true);
    assert.equal(await meets(box(10, 51.11, 11, 52), degree), false);
  });

  it('of metres that are taken for degrees, or beyond its projection, is no place', async () => {
    const footprint = box(...OVER_TILE);
    const metres = await check(footprint, { ...TILE, epsg: 4326 });
    assert.equal(metres?.meets, false);
    const beyond = await check(footprint, { ...TILE, originY: 5e12 });
    assert.deepEqual([beyond?.meets, beyond?.raster], [false, null]);
    assert.equal(await meets(footprint, { ...TILE, epsg: 3857, originX: 1e20 }), false);
    // A turn of the globe further north: PROJ comes back to where the tile is.
    const turn = { ...TILE, originY: TILE.originY + 40_007_863 };
    assert.equal(await meets(footprint, turn), false);
    const degrees = {
      epsg: 4269,
      width: 10,
      height: 10,
      originX: 179.6,
      originY: 52,
      stepX: 0.1,
      stepY: -0.1,
    };
    assert.equal(await meets(box(-180, 50, -179, 52), degrees), true, 'degrees beyond 180');
  });

  it('meets footprints over the antimeridian: of one part, cut, in one polygon of all parts, or never cut', async () => {
    // Zone 60 from 500 km on: 177 degrees east and on, at 60 north over 180.
    const over = { ...TILE, epsg: 32660, originX: 640000, originY: 6700000 };
    assert.equal(await meets(box(178.5, 59.5, 180, 60.5), over), true);
    assert.equal(await meets(box(-180, 59.5, -178, 60.5), over), true, 'beyond it');
    assert.equal(await meets(box(-180, 59.5, 180, 60.5), over), true, 'all around');
    assert.equal(await meets(box(179, 59.5, 182, 60.5), over), true, 'beyond 180');
    assert.equal(await meets(box(-182, 59.5, -179, 60.5), over), true, 'beyond -180');
    const neverCut = "ST_GeomFromText('POLYGON((179 59.5, -179 59.5, -179 60.5, 179 60.5, 179 59.5))', 4326)";
    assert.equal(await meets(neverCut, over), true);
    assert.equal(await meets(box(-180, 62, 180, 63), over), false, 'all around, elsewhere');
    assert.equal(await meets(box(-176, 59.5, -175, 60.5), over), false);
    assert.equal(await meets(box(3, 59.5, 4, 60.5), over), false);
    const zone1 = { ...TILE, epsg: 32601, originX: 250000, originY: 6700000 };
    assert.equal(await meets(box(179, 59.5, 180, 60.5), zone1), true);
    assert.equal(await meets(box(-180, 59.5, -178, 60.5), zone1), true);
  });

  it('around a pole or the whole earth is left alone', async () => {
    const pole = {
      epsg: 3995,
      width: 100,
      height: 100,
      originX: -1e6,
      originY: 1e6,
      stepX: 2e4,
      stepY: -2e4,
    };
    assert.equal(await meets(box(10, 88, 20, 89), pole), true);
    const world = { epsg: 4326, width: 360, height: 180, originX: -180, originY: 90, stepX: 1, stepY: -1 };
    assert.equal(await meets(box(...OVER_TILE), world), true);
  });

  it('is not compared with a footprint that is not there, or by a CRS that PostGIS does not know', async () => {
    assert.equal(await check('NULL', TILE), undefined);
    assert.equal(await check("ST_GeomFromText('POLYGON EMPTY', 4326)", TILE), undefined);
    assert.equal(await check(box(...OVER_TILE), { ...TILE, epsg: 999 }), undefined);
  });
});
