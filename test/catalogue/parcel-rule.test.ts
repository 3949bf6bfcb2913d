import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { checkSelection } from '../../catalogue/check.js';
import type { CheckedSelection } from '../../catalogue/check.js';
import { parcelSetFingerprint } from '../../catalogue/fingerprint.js';
import { areaM2 } from '../../catalogue/parcel-rule.js';
import { copyParcels } from '../../catalogue/parcel-copy.js';
import { countParcels } from '../../catalogue/parcels.js';
import { createDatabase, skipWithoutServer } from './database.js';
import type { TestDatabase } from './database.js';
import { AOI, GRID, makeSeason, SELECTION } from './season.js';

describe('the choice of parcels', { skip: skipWithoutServer }, () => {
  let database: TestDatabase;
  let season: CheckedSelection;
  before(async () => {
    database = await createDatabase();
    await makeSeason(database.pool, { parcels: 1 });
  });
  beforeEach(async () => {
    await database.pool.query(`DELETE FROM aois; ${AOI}`);
  });
  after(() => database.drop());

  /** Replaces the parcel table by one of this column type, filled with shapes given in EPSG:32631. */
  async function parcels(type: string, srid: number, shapes: Record<number, string>): Promise<void> {
    await database.pool.query(
      `DROP TABLE parcels; CREATE TABLE parcels (ogc_fid integer UNIQUE, wkb_geometry geometry(${type}, ${srid}))`,
    );
    for (const [pid, shape] of Object.entries(shapes)) {
      await database.pool.query(
        'INSERT INTO parcels SELECT $1, ST_Transform(ST_GeomFromText($2, 32631), $3::int)',
        [pid, shape, srid],
      );
    }
    season = await checkSelection(database.pool, SELECTION);
  }
  const chosen = async (selection = season, grid = GRID) => {
    const pids: number[] = [];
    const { unprojectable } = await copyParcels(database.pool, selection, grid, (pid, ...rest) => {
      if (rest[4] !== null) pids.push(pid);
    });
    assert.equal(await countParcels(database.pool, selection, 1), pids.length + unprojectable.length);
    return { pids, unprojectable };
  };
  const square = (x: number, y: number, side: number) =>
    `POLYGON((${x} ${y},${x + side} ${y},${x + side} ${y + side},${x} ${y + side},${x} ${y}))`;

  // 54 m: 2916 m2; 56 m: 3136 m2.
  const small = square(501000, 5645000, 54);
  const large = square(502000, 5645000, 56);

  for (const [srid, unit] of [
    [32631, 'metres'],
    [4326, 'degrees'],
  ] as const) {
    it(`takes areas in square metres where coordinates are ${unit} (EPSG:${srid})`, async () => {
      await parcels('Polygon', srid, { 1: small, 2: large });
      assert.deepEqual((await chosen()).pids, [2]);
    });
  }

  it('takes areas in square metres where coordinates are feet (EPSG:2263)', async () => {
    await parcels('Polygon', 2263, {});
    const { rows } = await database.pool.query<{ area: number }>(
      `SELECT ${areaM2(season)} AS area FROM (SELECT ST_MakeEnvelope(0, 0, 1000, 1000, 2263) AS wkb_geometry) AS p`,
    );
    assert.ok(Math.abs(rows[0]!.area - 304.8006096 ** 2) < 0.01);
  });

  it('takes parcels within 1000 m of the AOI, of any of its parts, and once', async () => {
    await parcels('Polygon', 31370, {
      1: square(501000, 5641000, 100),
      2: square(505000, 5649000, 100),
      3: square(501900, 5641000, 100),
      4: square(503300, 5641000, 100),
    });
    await database.pool.query(`DELETE FROM aois; INSERT INTO aois
      SELECT 'here', ST_Transform(ST_MakeEnvelope(x, y, x + 200, y + 200, 32631), 4326)
      FROM (VALUES (501000, 5641000), (501050, 5641050), (505000, 5649000)) AS part (x, y)`);
    assert.deepEqual((await chosen()).pids, [1, 2, 3]);
  });

  it('keeps curves as chords, drops the lines of collections, and leaves invalid rings as they are', async () => {
    const shapes = {
      1: 'CURVEPOLYGON(CIRCULARSTRING(501000 5641000, 501100 5641000, 501000 5641000))',
      2: `GEOMETRYCOLLECTION(${square(502000, 5641000, 100)}, LINESTRING(0 0, 1 1))`,
      3: 'POLYGON((503000 5641000, 503200 5641100, 503200 5641000, 503000 5641140, 503000 5641000))',
      4: 'POLYGON Z((504000 5641000 5, 504100 5641000 5, 504100 5641100 5, 504000 5641000 5))',
      5: 'LINESTRING(505000 5641000, 506000 5641000)',
    };
    await parcels('Polygon', 32631, { 0: small });
    await database.pool.query('ALTER TABLE parcels ALTER wkb_geometry TYPE geometry');
    for (const [pid, shape] of Object.entries(shapes)) {
      await database.pool.query('INSERT INTO parcels VALUES ($1, ST_GeomFromText($2, 32631))', [pid, shape]);
    }
    season = await checkSelection(database.pool, SELECTION);
    const types: [number, number][] = [];
    await copyParcels(database.pool, season, GRID, (pid, _minX, _minY, _maxX, _maxY, wkb) => {
      types.push([pid, wkb === null ? 0 : Buffer.from(wkb).readUInt32LE(1)]);
    });
    assert.deepEqual(types, [
      [1, 3],
      [2, 6],
      [3, 3],
      [4, 3],
    ]);
  });

  it('names parcels that PROJ cannot transform and goes on with the others', async () => {
    await parcels('Polygon', 4326, { 1: large, 3: square(503000, 5645000, 100) });
    // It reaches from the AOI beyond the pole, where no transverse Mercator leads.
    await database.pool.query(
      `INSERT INTO parcels VALUES (2, ST_GeomFromEWKT('SRID=4326;POLYGON((3.02 50.95, 3.03 50.95, 3.03 95, 3.02 50.95))'))`,
    );
    assert.deepEqual(await chosen(), { pids: [1, 3], unprojectable: [2] });
  });

  it('has a fingerprint that follows every change of the parcels and nothing else', async () => {
    await parcels('Polygon', 31370, { 1: small, 2: large });
    const print = (selection = season) => parcelSetFingerprint(database.pool, selection);
    const first = await print();
    assert.match(first, /^[0-9a-f]{32}$/);
    await database.pool.query('UPDATE parcels SET ogc_fid = ogc_fid');
    assert.equal(await print(), first, 'rows in another order are the same parcels');
    const seen = new Set([first, await print({ ...season, minAreaM2: 1 })]);
    for (const change of [
      'UPDATE parcels SET ogc_fid = ogc_fid + 10',
      'UPDATE parcels SET wkb_geometry = ST_Translate(wkb_geometry, 0.001, 0) WHERE ogc_fid = 11',
      'INSERT INTO parcels VALUES (9, NULL)',
      'UPDATE aois SET wkb_geometry = ST_Translate(wkb_geometry, 0.001, 0)',
    ]) {
      await database.pool.query(change);
      seen.add(await print());
    }
    assert.equal(seen.size, 6);
  });

  it('notices two parcels that swap their shapes', async () => {
    await parcels('Polygon', 31370, { 1: small, 2: large });
    const before = await parcelSetFingerprint(database.pool, season);
    await parcels('Polygon', 31370, { 1: large, 2: small });
    assert.notEqual(await parcelSetFingerprint(database.pool, season), before);
  });
});
