/** Parcels that shrink by metres as they are copied, whatever the reference systems of table and raster. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { copyParcels } from '../../../database/parcels/parcel-copy.js';
import { checkSelection } from '../../../database/selection/check.js';
import { createDatabase, skipWithoutServer, type TestDatabase } from '../database.js';
import { GRID, makeSeason, SELECTION } from '../season.js';

/** What a parcel of season.ts, a square of 100 m, measures on the ellipsoid once it is shrunken, square metres. */
const area = (buffer: number) => (100 - 2 * buffer) ** 2;

describe('inner buffers', { skip: skipWithoutServer }, () => {
  let database: TestDatabase;
  before(async () => {
    database = await createDatabase();
    await makeSeason(database.pool);
  });
  after(() => database.drop());

  /** Areas of the parcels as they are handed over, square metres; those without geometry are left out. */
  async function areas(innerBufferM: number, grid: typeof GRID): Promise<Map<number, number>> {
    const selection = await checkSelection(database.pool, SELECTION);
    const shapes: [number, string][] = [];
    await copyParcels(
      database.pool,
      selection,
      grid,
      (pid, _minX, _minY, _maxX, _maxY, wkb, asStored) => {
        assert.equal(asStored, false);
        if (wkb) shapes.push([pid, Buffer.from(wkb).toString('hex')]);
      },
      { innerBufferM, asStored: { minX: -1e9, minY: -1e9, maxX: 1e9, maxY: 1e9 } },
    );
    const { rows } = await database.pool.query<{ pid: number; area: number }>(
      `SELECT pid, ST_Area(ST_Transform(ST_GeomFromWKB(decode(wkb, 'hex'), $3::int), 32631)) AS area
       FROM unnest($1::int[], $2::text[]) AS shape (pid, wkb)`,
      [shapes.map(([pid]) => pid), shapes.map(([, wkb]) => wkb), grid.epsg],
    );
    return new Map(rows.map((row) => [row.pid, row.area]));
  }

  const DEGREES = {
    ...GRID,
    epsg: 4326,
    originX: 3,
    originY: 51,
    stepX: 1e-4,
    stepY: -1e-4,
    width: 2000,
    height: 2000,
  };

  for (const [srid, grid, what] of [
    [31370, GRID, 'of another projection'],
    [4326, GRID, 'in degrees'],
    [3857, GRID, 'in a projection that is not true to scale'],
    [31370, DEGREES, 'of a projection, on a raster in degrees'],
    [32631, GRID, "in the raster's own system"],
  ] as const) {
    it(`are metres on the ground for parcels ${what} (EPSG:${srid})`, async () => {
      await database.pool.query(
        `ALTER TABLE parcels ALTER wkb_geometry TYPE geometry(Polygon, ${srid}) USING ST_Transform(wkb_geometry, ${srid})`,
      );
      const found = await areas(7, grid);
      assert.equal(found.size, 40);
      // UTM and the ground differ by four ten-thousandths here.
      for (const [pid, one] of found)
        assert.ok(Math.abs(one - area(7)) < 1e-3 * area(7), `parcel ${pid}: ${one}`);
    });
  }

  it('leave nothing of parcels that are too narrow, and lose none of them', async () => {
    const found = await areas(51, GRID);
    assert.deepEqual([...new Set(found.values())], [0]);
    assert.equal(found.size, 40);
  });

  it('take what is left of a bow tie that is not mended', async () => {
    await database.pool.query(`
      ALTER TABLE parcels ALTER wkb_geometry TYPE geometry(Polygon, 32631) USING ST_Transform(wkb_geometry, 32631);
      INSERT INTO parcels VALUES (101, 'SRID=32631;POLYGON((500300 5640300, 500500 5640300, 500420 5640400, 500380 5640400, 500300 5640300))'),
        (102, 'SRID=32631;POLYGON((500300 5640300, 500600 5640300, 500340 5640500, 500400 5640500, 500300 5640300))')`);
    const found = await areas(5, GRID);
    assert.ok(found.get(101)! > 0);
    assert.ok(found.has(102));
    assert.equal(found.size, 42);
  });
});
