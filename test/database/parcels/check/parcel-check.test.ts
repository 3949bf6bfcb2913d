import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { checkSelection, findAoi } from '../../../../database/selection/check.js';
import { requireTable } from '../../../../database/session/identifier.js';
import {
  checkParcels,
  type ParcelCheck,
  type ParcelFinding,
} from '../../../../database/parcels/check/index.js';
import { createDatabase, skipWithoutServer, type TestDatabase } from '../../database.js';
import { makeSeason, SELECTION } from '../../season.js';

const OVERLAPS = { minAreaM2: 1, most: 1000 };

describe('the check of a parcel table', { skip: skipWithoutServer }, () => {
  let database: TestDatabase;
  before(async () => {
    database = await createDatabase();
    await makeSeason(database.pool, { srid: 32631 });
  });
  after(() => database.drop());
  beforeEach(() =>
    database.pool.query(`
      DROP TABLE IF EXISTS odd;
      CREATE TABLE odd (ogc_fid integer, wkb_geometry geometry(Geometry, 32631));
      CREATE INDEX ON odd USING gist (wkb_geometry)`),
  );

  const check = async (name = 'odd', minAreaM2 = 3000): Promise<ParcelCheck> =>
    checkParcels(database.pool, await requireTable(database.pool, name, 'parcel_table'), {
      ...{ minAreaM2, each: 5, overlaps: OVERLAPS },
    });
  const add = (pid: number | null, wkt: string) =>
    database.pool.query('INSERT INTO odd VALUES ($1, ST_GeomFromText($2, 32631))', [pid, wkt]);
  const square = (x: number, y: number, side = 100) =>
    `POLYGON((${x} ${y}, ${x + side} ${y}, ${x + side} ${y + side}, ${x} ${y + side}, ${x} ${y}))`;
  const told = ({ findings }: ParcelCheck, kind: string): ParcelFinding | undefined =>
    findings.find((finding) => finding.kind === kind);
  /** Without the kinds that the odd table always has. */
  const kinds = ({ findings }: ParcelCheck) =>
    findings.map(({ kind, count }) => [kind, count]).filter(([kind]) => kind !== 'no-id-index');

  it('tells apart what the rule leaves out and what is lost by nothing', async () => {
    await add(1, square(501000, 5640200, 8));
    await add(2, square(502000, 5640200, 40));
    const small = told(await check(), 'small');
    assert.deepEqual([small?.count, small?.effect], [2, 'omits']);
    assert.deepEqual(
      (await check('odd', 10)).findings.map(({ kind, effect }) => [kind, effect]),
      [
        ['tiny', 'told'],
        ['no-id-index', 'told'],
      ],
    );
  });

  it("counts the parcels that are large enough by JRC's rule, for each resolution", async () => {
    const table = await requireTable(database.pool, 'odd', 'parcel_table');
    const usable = async () =>
      (await checkParcels(database.pool, table, { minAreaM2: 0, each: 5, usable: true })).usable;
    assert.deepEqual((await usable())?.parcels, 0);
    const rectangle = (x: number, y: number, width: number, height: number) =>
      `POLYGON((${x} ${y}, ${x + width} ${y}, ${x + width} ${y + height}, ${x} ${y + height}, ${x} ${y}))`;
    // 4 x 2 full pixels of 10 m; 3 x 2.
    await add(1, rectangle(501019.8, 5640219.8, 40.4, 20.4));
    await add(2, rectangle(501020, 5640220, 39.5, 20));
    // 4 x 2 full pixels of 20 m; 4 x 1, and 8 x 3 of 10 m.
    await add(3, rectangle(500999.8, 5640199.8, 80.4, 40.4));
    await add(4, rectangle(501000, 5640200, 80, 39.5));
    // 20 x 2 full pixels of 10 m, and none of 20 m.
    await add(5, rectangle(501000, 5640205.1, 200, 29.8));
    // 9 full pixels in a row, of which nothing is left 5 m from the border.
    await add(6, rectangle(501000, 5640210, 90, 10));
    const { parcels, byResolution } = (await usable())!;
    assert.equal(parcels, 6);
    assert.deepEqual(byResolution, [
      { metres: 10, usable: 4 },
      { metres: 20, usable: 1 },
    ]);
    assert.equal((await check()).usable, undefined);
  });

  it('does not call an empty table ready', async () => {
    assert.deepEqual(kinds(await check()).slice(0, 1), [['no-parcels', 1]]);
    assert.equal(told(await check(), 'no-parcels')?.effect, 'stops');
  });

  it("tells at once of a reference system that PROJ can't use, and a campaign does too", async () => {
    await database.pool.query(`
      INSERT INTO spatial_ref_sys (srid, srtext, proj4text) VALUES (900914, 'LOCAL_CS["unnamed"]', '') ON CONFLICT DO NOTHING;
      DROP TABLE odd; CREATE TABLE odd (ogc_fid integer UNIQUE, wkb_geometry geometry(Polygon, 900914));
      INSERT INTO odd SELECT i, ST_MakeEnvelope(i, 0, i + 1, 1, 900914) FROM generate_series(1, 100) i`);
    const finding = told(await check(), 'srid');
    assert.match(finding?.details.join() ?? '', /PROJ can't use the reference system .* SRID 900914/);
    const selection = { ...SELECTION, tables: { ...SELECTION.tables, parcels: 'odd' } };
    await assert.rejects(checkSelection(database.pool, selection), /PROJ can't use .*ogr2ogr's own/);
  });

  it('keeps the numbers of a table whose columns are named as other programs do', async () => {
    for (const [id, shape] of [
      ['fid', 'geom'],
      ['objectid', 'shape'],
    ]) {
      await database.pool.query(
        `DROP TABLE odd; CREATE TABLE odd (${id} integer UNIQUE, ${shape} geometry(Polygon, 32631))`,
      );
      const report = await check();
      assert.match(
        told(report, 'id-column')?.details.join() ?? '',
        new RegExp(`${id} numbers them: ALTER TABLE public.odd RENAME COLUMN ${id} TO ogc_fid`),
      );
      assert.match(
        told(report, 'geometry-column')?.details.join() ?? '',
        new RegExp(`RENAME COLUMN ${shape} TO wkb_geometry`),
      );
    }
  });

  it('finds nothing in a sound table', async () => {
    const report = await check('parcels');
    assert.deepEqual([report.findings, report.notes, report.parcels, report.srid], [[], [], 40, 32631]);
  });

  it('names what no scene will select, or has no row of', async () => {
    await add(1, square(500200, 5640200));
    await database.pool.query('INSERT INTO odd VALUES (2, NULL)');
    await add(3, 'POLYGON EMPTY');
    await add(4, 'LINESTRING(500200 5640200, 500300 5640300)');
    await add(5, square(501000, 5640200, 8));
    await add(6, square(501000, 5640300, 40));
    // 1200 m by 3 m between two columns of pixel centres; one 4 m further east holds a column.
    await add(7, 'POLYGON((502006 5640000, 502009 5640000, 502009 5641200, 502006 5641200, 502006 5640000))');
    await add(8, 'POLYGON((503004 5640000, 503007 5640000, 503007 5641200, 503004 5641200, 503004 5640000))');
    const report = await check();
    assert.deepEqual(kinds(report), [
      ['null-geometry', 1],
      ['empty', 1],
      ['not-polygon', 1],
      ['no-pixel', 1],
      ['small', 2],
    ]);
    assert.deepEqual(told(report, 'no-pixel')?.pids, ['7']);
    assert.equal(told(report, 'no-pixel')?.effect, 'loses');
    assert.deepEqual(told(report, 'small')?.pids, ['5', '6']);
  });

  it('says why and where a polygon is invalid, and whether that loses it', async () => {
    await add(1, 'POLYGON((500000 5640000, 500100 5640100, 500100 5640000, 500000 5640100, 500000 5640000))');
    await add(2, 'POLYGON((501000 5640000, 501200 5640200, 501200 5640000, 501000 5640100, 501000 5640000))');
    const report = await check();
    const invalid = told(report, 'invalid');
    assert.deepEqual([invalid?.count, invalid?.effect], [2, 'told']);
    assert.match(invalid?.details[0] ?? '', /^Self-intersection\[500050 5640050\]$/);
    // The bow tie's halves cancel out in PostGIS's area, by which parcels are chosen.
    assert.deepEqual(told(report, 'invalid-small')?.pids, ['1']);
    assert.match(report.notes.join(), /overlaps of 2 invalid polygons/);
  });

  it('finds copies and overlaps, and leaves neighbours and slivers alone', async () => {
    await add(1, square(500000, 5640000));
    await add(2, square(500100, 5640000));
    await add(3, square(500050, 5640000));
    await add(4, square(500200.005, 5640000));
    await add(5, square(500200, 5640000));
    await add(6, square(510000, 5640000));
    await add(7, square(510000, 5640000));
    const report = await check();
    const overlap = told(report, 'overlap');
    assert.equal(overlap?.count, 4);
    assert.deepEqual(overlap.details, [
      '29999 m2 in all',
      '6 and 7: 10000.0 m2',
      '4 and 5: 9999.5 m2',
      '1 and 3: 5000.0 m2',
      '2 and 3: 5000.0 m2',
    ]);
    assert.deepEqual(told(report, 'doubled-geometry')?.details, ['6 = 7']);
    assert.deepEqual(
      report.findings.filter(({ effect }) => effect !== 'told'),
      [],
    );
  });

  it('ends the search for overlaps at the limit, and says so', async () => {
    await database.pool.query(
      `INSERT INTO odd SELECT i, ST_MakeEnvelope(500000, 5640000, 500100, 5640100, 32631) FROM generate_series(1, 300) AS i`,
    );
    const report = await check();
    assert.equal(told(report, 'overlap')?.count, 1000);
    assert.match(report.notes.join(), /ended with 1000 pairs/);
  });

  it('names ids that would stop a campaign, which stops at them indeed', async () => {
    await add(1, square(500000, 5640000));
    await add(1, square(501000, 5640000));
    await add(null, square(502000, 5640000));
    assert.deepEqual(kinds(await check()), [
      ['null-id', 1],
      ['doubled-id', 1],
    ]);
    const selection = { ...SELECTION, tables: { ...SELECTION.tables, parcels: 'odd' } };
    await assert.rejects(checkSelection(database.pool, selection), /ogc_fid of public\.odd is not unique/);
    // A unique index lets any number of NULLs in.
    await database.pool.query('DELETE FROM odd WHERE wkb_geometry && ST_Point(501050, 5640050, 32631)');
    await database.pool.query('CREATE UNIQUE INDEX ON odd (ogc_fid)');
    await assert.rejects(checkSelection(database.pool, selection), /has parcels without ogc_fid/);
  });

  it('names columns and reference systems that are not as they must be', async () => {
    const alter = async (sql: string): Promise<string[]> => {
      await database.pool.query(sql);
      return (await check()).findings.map(({ kind, details }) => `${kind}: ${details.join()}`);
    };
    await add(1, square(500000, 5640000));
    const retype =
      'id-column: ogc_fid is of type text: ALTER TABLE public.odd ALTER COLUMN ogc_fid TYPE integer USING ogc_fid::integer';
    assert.deepEqual(await alter('ALTER TABLE odd ALTER ogc_fid TYPE text'), [retype]);
    assert.deepEqual(await alter('ALTER TABLE odd RENAME wkb_geometry TO geom'), [
      retype,
      "geometry-column: the table's geometry is called geom: ALTER TABLE public.odd RENAME COLUMN geom TO wkb_geometry",
    ]);
    await database.pool.query(`
      DROP TABLE odd; CREATE TABLE odd (ogc_fid serial PRIMARY KEY, wkb_geometry geometry);
      INSERT INTO odd (wkb_geometry) VALUES (ST_MakeEnvelope(0, 0, 1, 1))`);
    assert.deepEqual(await alter('SELECT 1'), ['srid: the SRID is 0', 'no-spatial-index: ']);
    assert.deepEqual(
      await alter(
        'INSERT INTO odd (wkb_geometry) VALUES (ST_MakeEnvelope(0, 0, 1, 1, 4326)), (ST_MakeEnvelope(0, 0, 1, 1, 4326))',
      ),
      ['mixed-srid: 1 parcels of SRID 0', 'no-spatial-index: '],
    );
  });

  it('finds coordinates outside the reference system, in degrees and in metres', async () => {
    await add(1, square(500000, 5640000));
    await add(2, square(5e15, 5e15, 1e9));
    assert.deepEqual(told(await check(), 'astray')?.pids, ['2']);
    await database.pool.query(`
      DROP TABLE odd; CREATE TABLE odd (ogc_fid serial PRIMARY KEY, wkb_geometry geometry(Polygon, 4326));
      CREATE INDEX ON odd USING gist (wkb_geometry);
      INSERT INTO odd (wkb_geometry) VALUES (ST_MakeEnvelope(3, 51, 3.001, 51.001, 4326)), (ST_MakeEnvelope(500000, 5640000, 500100, 5640100, 4326))`);
    assert.deepEqual(kinds(await check()), [['astray', 1]]);
  });

  it('counts parcels beyond the area of interest, and says where none lies in it', async () => {
    await add(1, square(500200, 5640200));
    await add(2, square(600000, 5640200));
    const aoi = await findAoi(database.pool, 'aois', SELECTION.aoi);
    const table = await requireTable(database.pool, 'odd', 'parcel_table');
    const run = () => checkParcels(database.pool, table, { minAreaM2: 3000, each: 5, aoi });
    assert.equal(told(await run(), 'beyond-aoi')?.count, 1);
    await database.pool.query('DELETE FROM odd WHERE ogc_fid = 1');
    assert.equal(told(await run(), 'none-in-aoi')?.effect, 'loses');
    assert.equal(await findAoi(database.pool, 'nowhere', SELECTION.aoi), undefined);
  });

  it('reads a large table in pieces, each row once, and tells how far it is', async () => {
    await database.pool.query(`
      INSERT INTO odd SELECT i, ST_MakeEnvelope(x, y, x + 40, y + 40, 32631)
      FROM (SELECT i, 500000 + 50 * (i % 300) AS x, 5600000 + 50 * (i / 300) AS y FROM generate_series(1, 60000) AS i) AS place`);
    const shares: number[] = [];
    const table = await requireTable(database.pool, 'odd', 'parcel_table');
    const report = await checkParcels(database.pool, table, {
      ...{ minAreaM2: 3000, each: 5, overlaps: OVERLAPS },
      onProgress: (step, share) => step === 'geometries' && shares.push(share ?? 0),
    });
    assert.equal(told(report, 'small')?.count, 60000);
    assert.ok(shares.length > 1 && shares.at(-1) === 1, shares.join());
  });
});
