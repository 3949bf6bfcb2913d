import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { boxesMeet } from '../boxes-meet.js';
import { checkSelection } from '../../../database/selection/check.js';
import type { CheckedSelection } from '../../../database/selection/check.js';
import { countSelected } from '../../../database/results/forecast-figures.js';
import { parcelSetFingerprint } from '../../../database/parcels/fingerprint.js';
import { aoiBoxes, areaM2, isInArea } from '../../../database/selection/parcel-rule.js';
import { copyParcels } from '../../../database/parcels/parcel-copy.js';
import { countParcels, sceneBounds } from '../../../database/parcels/parcels.js';
import { createDatabase, skipWithoutServer } from '../database.js';
import type { TestDatabase } from '../database.js';
import { AOI, GRID, makeSeason, SELECTION } from '../season.js';

describe('the choice of parcels', { skip: skipWithoutServer }, () => {
  let database: TestDatabase;
  let season: CheckedSelection;
  before(async () => {
    database = await createDatabase();
    await makeSeason(database.pool, { parcels: 1 });
  });
  beforeEach(async () => {
    await database.pool.query(`
      DELETE FROM aois; ${AOI};
      UPDATE dias_catalogue s SET footprint = o.footprint FROM dias_catalogue o WHERE s.id = 1 AND o.id = 2`);
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

  it('leaves out a parcel of exactly the smallest area, and takes one that is a little larger', async () => {
    await parcels('Polygon', 32631, {
      1: 'POLYGON((501000 5641000, 501050 5641000, 501050 5641060, 501000 5641060, 501000 5641000))',
      2: 'POLYGON((502000 5641000, 502050 5641000, 502050 5641060.25, 502000 5641060.25, 502000 5641000))',
      3: 'POLYGON((503000 5641000, 503050 5641000, 503050 5641059.75, 503000 5641059.75, 503000 5641000))',
    });
    assert.deepEqual((await chosen()).pids, [2]);
    assert.equal(await countSelected(database.pool, season), 1);
  });

  /** Parcels 90 m wide in EPSG:2154, 100 m apart, along the southern edge of a box from 43 degrees north. */
  const ALONG_THE_EDGE = `
    INSERT INTO parcels SELECT n, ST_Transform(ST_SetSRID(ST_MakeEnvelope(x + 100 * n, y - 200, x + 100 * n + 90, y - 110), 32631), $1)
    FROM generate_series(1, 5) n, (SELECT ST_X(p) x, ST_Y(p) y FROM (SELECT ST_Transform(ST_SetSRID(ST_Point(2.5, 43.1), 4326), 32631) p) q) o`;

  for (const srid of [2154, 3035, 32631, 3857, 4258]) {
    for (const [name, box] of [
      ['a country', [-5, 43, 9, 51.5]],
      ['a continent', [-25, 34, 45, 72]],
      ['the world', [-179, -80, 179, 84]],
      ['the whole world', [-180, -90, 180, 90]],
    ] as const) {
      it(`loses no parcel of an area drawn as a box around ${name}, in EPSG:${srid}`, async () => {
        await parcels('Polygon', srid, {});
        await database.pool.query(ALONG_THE_EDGE.replace('$1', String(srid)));
        await database.pool.query(`DELETE FROM aois; INSERT INTO aois
          SELECT 'here', ST_MakeEnvelope(${box.join()}, 4326); UPDATE dias_catalogue SET footprint = (SELECT wkb_geometry FROM aois) WHERE id = 1`);
        assert.equal(await countParcels(database.pool, season, 1), 5);
        assert.equal(await countSelected(database.pool, season), 5);
        const bounds = await sceneBounds(database.pool, season, 1);
        const met: number[] = [];
        await copyParcels(
          database.pool,
          season,
          { ...GRID, originX: 440_000, width: 4000, originY: 4_800_000, height: 5000 },
          (pid, ...box) => {
            const [minX, minY, maxX, maxY] = box;
            if (boxesMeet({ minX, minY, maxX, maxY }, bounds)) met.push(pid);
          },
        );
        assert.deepEqual(met, [1, 2, 3, 4, 5]);
      });
    }
  }

  it('takes an area in another CRS by its outline there', async () => {
    await parcels('Polygon', 2154, {});
    await database.pool.query(ALONG_THE_EDGE.replace('$1', '2154'));
    // Straight in Lambert: its northern edge lies 18 km south of the parallel through its corners.
    await database.pool.query(`
      ALTER TABLE aois ALTER wkb_geometry TYPE geometry;
      DELETE FROM aois; INSERT INTO aois SELECT 'here', ST_MakeEnvelope(100000, ST_YMin(e) - 3000, 1200000, ST_YMax(e) + 100000, 2154)
      FROM (SELECT ST_Extent(wkb_geometry) AS e FROM parcels) AS all_of_them`);
    season = await checkSelection(database.pool, SELECTION);
    assert.equal(await countSelected(database.pool, season), 5);
    await database.pool.query(`UPDATE aois SET wkb_geometry = ST_Translate(wkb_geometry, 0, 4500)`);
    assert.equal(await countSelected(database.pool, season), 0, 'beyond its straight edge and the margin');
    await database.pool.query(
      `DELETE FROM aois; ALTER TABLE aois ALTER wkb_geometry TYPE geometry(Geometry, 4326)`,
    );
  });

  for (const [srid, centre] of [
    [32631, [500_000, 5_640_000]],
    [2154, [700_000, 6_600_000]],
    [3035, [3_900_000, 3_100_000]],
    [3857, [300_000, 6_300_000]],
    [4326, [3, 51]],
  ] as const) {
    it(`reaches 1000 m beyond the AOI, on each side of it: 999 m is in, 1001 m is out (EPSG:${srid})`, async () => {
      await parcels('Polygon', srid, {});
      const half = srid === 4326 ? 0.5 : 50_000;
      const depth = srid === 4326 ? 0.005 : 500;
      await database.pool.query(`DELETE FROM aois; INSERT INTO aois
        SELECT 'here', ST_Transform(ST_Segmentize(ST_MakeEnvelope(${centre[0] - half}, ${centre[1] - half}, ${centre[0] + half}, ${centre[1] + half}, ${srid}), ${half / 500}), 4326)`);
      // Where k is the scale at the edge (most of it, where it changes along the edge), so many metres are so many units.
      const { rows } = await database.pool.query<{ side: string; units: number }>(`
        SELECT side, max(${depth} / ST_Distance(ST_Transform(p, 4326)::geography, ST_Transform(ST_Translate(p, dx * ${depth}, dy * ${depth}), 4326)::geography)) AS units
        FROM (VALUES ('E', 1, 0), ('W', -1, 0), ('N', 0, 1), ('S', 0, -1)) AS s (side, dx, dy), generate_series(-1, 1, 0.05) AS t,
             LATERAL (SELECT ST_SetSRID(ST_MakePoint(${centre[0]} + ${half} * (dx + abs(dy) * t), ${centre[1]} + ${half} * (dy + abs(dx) * t)), ${srid}) AS p) AS edge
        GROUP BY side ORDER BY side`);
      let pid = 0;
      const expected: number[] = [];
      for (const metres of [999, 1001]) {
        for (const { side, units } of rows) {
          const [dx, dy] = [{ E: 1, W: -1 }[side] ?? 0, { N: 1, S: -1 }[side] ?? 0];
          const [from, to] = [half + metres * units, half + (metres + 100) * units];
          const at = (c: number, d: number) =>
            d === 0 ? [c - 50 * units, c + 50 * units] : [c + d * from, c + d * to];
          const [[x0, x1], [y0, y1]] = [at(centre[0], dx), at(centre[1], dy)];
          pid++;
          if (metres < 1000) expected.push(pid);
          await database.pool.query(
            `INSERT INTO parcels VALUES (${pid}, ST_Envelope(ST_MakeEnvelope(${x0}, ${y0}, ${x1}, ${y1}, ${srid})))`,
          );
        }
      }
      const met = await database.pool.query<{ pid: number }>(
        `WITH aoi AS (${aoiBoxes(season, '$1')}) SELECT ogc_fid AS pid FROM parcels p WHERE ${isInArea('p.wkb_geometry')} ORDER BY 1`,
        [SELECTION.aoi.name],
      );
      assert.deepEqual(
        met.rows.map((row) => row.pid),
        expected,
      );
    });
  }

  it('takes parcels that touch the footprint, by an edge or a corner, and none that do not', async () => {
    await parcels('Polygon', 4326, {});
    // Numbers that single precision holds, as a box is compared in it.
    await database.pool.query(`
      UPDATE aois SET wkb_geometry = ST_MakeEnvelope(2, 50, 4, 52, 4326);
      UPDATE dias_catalogue SET footprint = ST_MakeEnvelope(3, 51, 3.25, 51.25, 4326) WHERE id = 1;
      INSERT INTO parcels VALUES
        (1, ST_MakeEnvelope(3.25, 51.0625, 3.3125, 51.125, 4326)),
        (2, ST_MakeEnvelope(3.25, 51.25, 3.3125, 51.3125, 4326)),
        (3, ST_MakeEnvelope(2.9375, 51, 3, 51.0625, 4326)),
        (4, ST_MakeEnvelope(3.2500005, 51.0625, 3.3125, 51.125, 4326)),
        (5, ST_MakeEnvelope(3.0625, 50.9375, 3.125, 50.99999, 4326)),
        (6, ST_MakeEnvelope(3.0625, 50.9375, 3.125, 51, 4326))`);
    const bounds = await sceneBounds(database.pool, season, 1);
    const met: number[] = [];
    await copyParcels(
      database.pool,
      season,
      { ...GRID, width: 4000, height: 4000, originX: 480_000, originY: 5_690_000 },
      (pid, minX, minY, maxX, maxY) => {
        if (boxesMeet({ minX, minY, maxX, maxY }, bounds)) met.push(pid);
      },
    );
    assert.deepEqual(met, [1, 2, 3, 6]);
    assert.equal(await countParcels(database.pool, season, 1), 4);
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
