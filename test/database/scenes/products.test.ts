import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { searchBoxes } from '../../../database/selection/area.js';
import { checkSyncTarget, type SyncTarget } from '../../../database/selection/check.js';
import { knownProduct, listCatalogue } from '../../../database/scenes/inventory.js';
import { enterScenes, type NewScene } from '../../../database/scenes/products.js';
import { isSwept, recordSweep } from '../../../database/scenes/sweeps.js';
import { query } from '../../../database/session/session.js';
import { createDatabase, skipWithoutServer, type TestDatabase } from '../database.js';
import { makeSeason, makeSyncedSeason, SELECTION } from '../season.js';

type Box = readonly [west: number, south: number, east: number, north: number];

/** Around the season's grid at 3 degrees east. */
const HERE: Box = [2.9, 50.8, 3.2, 51.1];

function scene(reference: string, boxes: readonly Box[] = [HERE], changes: Partial<NewScene> = {}): NewScene {
  return {
    reference,
    obstime: '2024-03-10T10:50:31.024',
    sensor: '2A',
    card: 's2',
    footprint: boxes.map(([west, south, east, north]) => [
      [
        [west, south],
        [east, south],
        [east, north],
        [west, north],
        [west, south],
      ],
    ]),
    product: {
      item: reference,
      collection: 'sentinel-2-l2a',
      datatake: 'S2A_20240310T105031',
      tile: '31UFS',
      baseline: '05.10',
      generated: '2024-03-10T20:00:00',
      published: '2024-03-10T22:00:00.5',
      cloudCover: 12.5,
      offsetApplied: null,
      bands: { B04: { href: 's3://eodata/B04.jp2' } },
    },
    ...changes,
  };
}

describe('entering scenes', { skip: skipWithoutServer }, () => {
  let database: TestDatabase;
  let target: SyncTarget;
  before(async () => {
    database = await createDatabase();
    target = await makeSyncedSeason(database.pool);
  });
  after(() => database.drop());
  beforeEach(() =>
    database.pool.query(
      `DELETE FROM dias_catalogue WHERE reference NOT LIKE 'SCENE%'; DELETE FROM parcelwise.product`,
    ),
  );

  const enter = (...scenes: NewScene[]) => enterScenes(database.pool, target, 'https://one.example', scenes);
  const rows = () =>
    query<{ reference: string; status: string; obstime: string; type: string; width: number; count: number }>(
      database.pool,
      `SELECT reference, status, obstime::text, GeometryType(footprint) AS type, ST_XMax(footprint) - ST_XMin(footprint) AS width
       FROM dias_catalogue WHERE reference NOT LIKE 'SCENE%' ORDER BY reference`,
    );

  it('enters each new one once, as ingested, with its time to the millisecond', async () => {
    const result = await enter(scene('A'), scene('B'), scene('A'));
    assert.deepEqual(result, { entered: ['A', 'B'], known: 0, doubled: 1, outside: [] });
    const [first] = await rows();
    assert.deepEqual(
      [first?.status, first?.obstime, first?.type],
      ['ingested', '2024-03-10 10:50:31.024', 'POLYGON'],
    );
    assert.deepEqual(await enter(scene('A'), scene('C')), {
      entered: ['C'],
      known: 1,
      doubled: 0,
      outside: [],
    });
    assert.equal((await rows()).length, 3);
  });

  it('never touches the row of a known one, nor draws an id for it', async () => {
    await enter(scene('A'));
    await database.pool.query(`UPDATE dias_catalogue SET status = 'extracted' WHERE reference = 'A'`);
    const [before] = await query(
      database.pool,
      `SELECT xmin::text, * FROM dias_catalogue WHERE reference = 'A'`,
    );
    await enter(scene('A', [HERE], { obstime: '2025-01-01T00:00:00' }));
    const [after] = await query(
      database.pool,
      `SELECT xmin::text, * FROM dias_catalogue WHERE reference = 'A'`,
    );
    assert.deepEqual(after, before);
    await enter(scene('B'));
    const ids = await query<{ id: number }>(
      database.pool,
      `SELECT id FROM dias_catalogue WHERE reference IN ('A', 'B') ORDER BY reference`,
    );
    assert.equal(ids[1]!.id - ids[0]!.id, 1);
  });

  for (const index of ['with', 'without'])
    it(`enters one once when ten syncs enter it at a time (${index} a unique index)`, async () => {
      const client = await database.pool.connect();
      try {
        if (index === 'without')
          await client.query('ALTER TABLE dias_catalogue DROP CONSTRAINT dias_catalogue_reference_key');
        const results = await Promise.all(
          Array.from({ length: 10 }, () => enter(scene('A'), scene('B'), scene('C'))),
        );
        assert.equal(results.flatMap(({ entered }) => entered).length, 3);
        assert.equal((await rows()).length, 3);
      } finally {
        if (index === 'without') await client.query('ALTER TABLE dias_catalogue ADD UNIQUE (reference)');
        client.release();
      }
    });

  it('leaves out those beside the area', async () => {
    const result = await enter(scene('A'), scene('FAR', [[20, 50, 21, 51]]));
    assert.deepEqual([result.entered, result.outside], [['A'], ['FAR']]);
  });

  it('covers all parts of a footprint with one polygon, and keeps the parts', async () => {
    await enter(
      scene('SPLIT', [HERE, [3.3, 50.8, 3.6, 51.1]]),
      scene('CROSSING', [HERE, [179, 50.8, 180, 51.1], [-180, 50.8, -179, 51.1]]),
    );
    const covers = await rows();
    assert.deepEqual(
      covers.map(({ reference, type, width }) => [reference, type, Math.round(width * 10) / 10]),
      [
        ['CROSSING', 'POLYGON', 360],
        ['SPLIT', 'POLYGON', 0.7],
      ],
    );
    const parts = await query(
      database.pool,
      `SELECT reference, ST_NumGeometries(footprint) AS parts FROM parcelwise.product ORDER BY reference`,
    );
    assert.deepEqual(parts, [
      { reference: 'CROSSING', parts: 3 },
      { reference: 'SPLIT', parts: 2 },
    ]);
  });

  it("takes a footprint in the raster's own CRS", async () => {
    const metres = scene('UTM', [[500_000, 5_640_000, 510_000, 5_650_000]], { epsg: 32631 });
    assert.deepEqual((await enter(metres)).entered, ['UTM']);
    const [row] = await rows();
    assert.ok(row!.width > 0.1 && row!.width < 0.2, String(row!.width));
  });

  it('keeps what the first source tells of the product, and follows it alone', async () => {
    const moved = (href: string) =>
      scene('A', [HERE], { product: { ...scene('A').product, bands: { B04: { href } } } });
    const hrefOf = async () => {
      const [row] = await query<{ obsid: number }>(
        database.pool,
        `SELECT id AS obsid FROM dias_catalogue WHERE reference = 'A'`,
      );
      return await knownProduct<{ readonly href: string }>(database.pool, target.catalogue, {
        obsid: row!.obsid,
        reference: 'A',
      });
    };
    await enter(scene('A'));
    const first = await hrefOf();
    assert.deepEqual(
      [first?.baseline, first?.published, first?.cloudCover, first?.hrefs.B04?.href],
      ['05.10', '2024-03-10T22:00:00', 12.5, 's3://eodata/B04.jp2'],
    );
    await enterScenes(database.pool, target, 'https://two.example', [moved('https://two/B04.tif')]);
    assert.equal((await hrefOf())?.hrefs.B04?.href, 's3://eodata/B04.jp2');
    await enter(moved('s3://eodata/moved/B04.jp2'));
    assert.equal((await hrefOf())?.hrefs.B04?.href, 's3://eodata/moved/B04.jp2');
  });

  it('writes nothing where nothing is new', async () => {
    await enter(scene('A'), scene('B'));
    const stamp = () => query(database.pool, 'SELECT xmin::text FROM parcelwise.product ORDER BY reference');
    const before = await stamp();
    await enter(scene('A'), scene('B'));
    assert.deepEqual(await stamp(), before);
  });

  it("lists the area's scenes, the latest first", async () => {
    await enter(scene('A', [HERE], { obstime: '2024-03-30T12:00:00' }));
    const listed = await listCatalogue(database.pool, target, { card: 's2', limit: 3 });
    assert.deepEqual(
      listed.map(({ reference, status, baseline }) => [reference, status, baseline]),
      [
        ['A', 'ingested', '05.10'],
        ['SCENE_3', 'ingested', null],
        ['SCENE_7', 'extracted', null],
      ],
    );
    const extracted = await listCatalogue(database.pool, target, { status: 'extracted', limit: 10 });
    assert.deepEqual(
      extracted.map(({ reference }) => reference),
      ['SCENE_7'],
    );
  });
});

describe('an area to search', { skip: skipWithoutServer }, () => {
  let database: TestDatabase;
  before(async () => {
    database = await createDatabase();
    await makeSeason(database.pool);
  });
  after(() => database.drop());

  it('is a box for each group of parts that lie together', async () => {
    await database.pool.query(`
      INSERT INTO aois (name, wkb_geometry) VALUES
        ('islands', ST_MakeEnvelope(177, -19, 180, -16, 4326)), ('islands', ST_MakeEnvelope(-180, -19, -179, -16, 4326)),
        ('islands', ST_MakeEnvelope(176, -18, 178, -17, 4326))`);
    const { aoi } = await checkSyncTarget(database.pool, {
      ...SELECTION,
      aoi: { field: 'name', name: 'islands' },
    });
    assert.deepEqual(await searchBoxes(database.pool, aoi), [
      [-180, -19, -179, -16],
      [176, -19, 180, -16],
    ]);
  });

  it('of very many parts is one box', async () => {
    await database.pool.query(`
      INSERT INTO aois (name, wkb_geometry) SELECT 'archipelago', ST_MakeEnvelope(x, 0, x + 0.5, 1, 4326) FROM generate_series(1, 30) AS x`);
    const { aoi } = await checkSyncTarget(database.pool, {
      ...SELECTION,
      aoi: { field: 'name', name: 'archipelago' },
    });
    assert.deepEqual(await searchBoxes(database.pool, aoi), [[1, 0, 30.5, 1]]);
  });

  it('is remembered as swept for some hours', async () => {
    const { catalogue } = await checkSyncTarget(database.pool, SELECTION);
    assert.equal(await isSwept(database.pool, catalogue, 'x', 24), false);
    await recordSweep(database.pool, catalogue, 'x');
    await recordSweep(database.pool, catalogue, 'x');
    assert.equal(await isSwept(database.pool, catalogue, 'x', 24), true);
    assert.equal(await isSwept(database.pool, catalogue, 'y', 24), false);
    await database.pool.query(`UPDATE parcelwise.sweep SET swept_at = swept_at - interval '25 hours'`);
    assert.equal(await isSwept(database.pool, catalogue, 'x', 24), false);
    assert.equal(await isSwept(database.pool, catalogue, 'x', 25.5), true);
    assert.equal(await isSwept(database.pool, catalogue, 'x', 24.5), false);
  });
});
