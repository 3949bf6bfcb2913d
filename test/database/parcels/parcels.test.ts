import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { boxesMeet } from '../boxes-meet.js';
import type { CheckedSelection } from '../../../database/selection/check.js';
import { copyParcels, parcelRanges } from '../../../database/parcels/parcel-copy.js';
import { countParcels, hasParcels, outsideParcels, sceneBounds } from '../../../database/parcels/parcels.js';
import { createDatabase, skipWithoutServer } from '../database.js';
import type { TestDatabase } from '../database.js';
import { GRID, makeSeason } from '../season.js';

interface Copied {
  pid: number;
  box: { minX: number; minY: number; maxX: number; maxY: number };
  wkb: string;
}

describe('parcels of a scene', { skip: skipWithoutServer }, () => {
  let database: TestDatabase;
  let season: CheckedSelection;
  before(async () => {
    database = await createDatabase();
    season = await makeSeason(database.pool, { parcels: 400 });
  });
  after(() => database.drop());

  const copy = async (grid = GRID, options = {}, selection = season) => {
    const parcels: Copied[] = [];
    const result = await copyParcels(
      database.pool,
      selection,
      grid,
      (pid, minX, minY, maxX, maxY, wkb) =>
        parcels.push({ pid, box: { minX, minY, maxX, maxY }, wkb: Buffer.from(wkb ?? []).toString('hex') }),
      options,
    );
    assert.equal(result.parcels, parcels.length);
    return { ...result, parcels };
  };

  it('are those of plain SQL, in order and with the same coordinates', async () => {
    const { rows } = await database.pool.query<{ pid: number; wkb: string }>(`
      SELECT DISTINCT ON (es.ogc_fid) es.ogc_fid AS pid, encode(ST_AsBinary(ST_Transform(es.wkb_geometry, 32631), 'NDR'), 'hex') AS wkb
      FROM parcels es, dias_catalogue dias, aois aoi
      WHERE es.wkb_geometry && ST_Transform(dias.footprint, 31370)
        AND es.wkb_geometry && ST_Transform(ST_Buffer(aoi.wkb_geometry::geography, 1000)::geometry, 31370)
        AND ST_Area(es.wkb_geometry) > 3000.0 AND aoi.name = 'here' AND dias.id = 1
      ORDER BY es.ogc_fid`);
    assert.ok(rows.length > 300);
    const bounds = await sceneBounds(database.pool, season, 1);
    const { parcels } = await copy();
    const ofScene = parcels.filter(({ box }) => boxesMeet(box, bounds));
    assert.deepEqual(
      ofScene.map(({ pid, wkb }) => ({ pid, wkb })),
      rows,
    );
    assert.equal(await countParcels(database.pool, season, 1), rows.length);
  });

  it('exist for a scene over them and not for one far away', async () => {
    assert.equal(await hasParcels(database.pool, season, 1), true);
    assert.equal(await hasParcels(database.pool, season, 6), false);
  });

  it('split by ranges of ogc_fid are the same parcels', async () => {
    const whole = await copy();
    const [low, high] = await Promise.all([
      copy(GRID, { pids: { first: 1, last: 150 } }),
      copy(GRID, { pids: { first: 151, last: 400 } }),
    ]);
    assert.deepEqual([...low.parcels, ...high.parcels], whole.parcels);
  });

  it('wholly within a box are handed over as stored if asked for, the others transformed', async () => {
    const transformed = await copy();
    const { rows } = await database.pool.query<Copied & Record<'minX' | 'minY' | 'maxX' | 'maxY', number>>(`
      SELECT ogc_fid AS pid, encode(ST_AsBinary(wkb_geometry, 'NDR'), 'hex') AS wkb, ST_XMin(wkb_geometry) AS "minX",
             ST_YMin(wkb_geometry) AS "minY", ST_XMax(wkb_geometry) AS "maxX", ST_YMax(wkb_geometry) AS "maxY" FROM parcels`);
    const stored = new Map(rows.map((row) => [row.pid, row]));
    // Its corners are corners of parcels: those that touch it from within are wholly within.
    const [first, last] = [stored.get(43)!, stored.get(278)!];
    const box = { minX: first.minX, minY: first.minY, maxX: last.maxX, maxY: last.maxY };
    const handed: { pid: number; wkb: string; asStored: boolean }[] = [];
    await copyParcels(
      database.pool,
      season,
      GRID,
      (pid, _minX, _minY, _maxX, _maxY, wkb, asStored) =>
        handed.push({ pid, wkb: Buffer.from(wkb ?? []).toString('hex'), asStored }),
      { asStored: box },
    );
    const expected = transformed.parcels.map(({ pid, wkb }) => {
      const { minX, minY, maxX, maxY, ...row } = stored.get(pid)!;
      const asStored = minX >= box.minX && minY >= box.minY && maxX <= box.maxX && maxY <= box.maxY;
      return { pid, wkb: asStored ? row.wkb : wkb, asStored };
    });
    assert.deepEqual(handed, expected);
    const count = handed.filter(({ asStored }) => asStored).length;
    assert.ok(count > 100 && count < handed.length - 100);
    assert.ok(handed.some(({ pid, asStored }) => pid === 43 && asStored));
  });

  it('beyond the grid are listed apart, and the two lists make up the scene', async () => {
    const small = { ...GRID, width: 300, height: 300 };
    const { parcels } = await copy(small);
    const outside = await outsideParcels(database.pool, season, 1, small);
    assert.ok(outside.length > 0 && parcels.length > 0);
    const all = [...outside, ...parcels.map(({ pid }) => pid)].sort((a, b) => a - b);
    assert.deepEqual(
      all,
      (await copy()).parcels.map(({ pid }) => pid),
    );
  });

  it('are the same, each once, when several connections copy a range each', async () => {
    const all = (await copy()).parcels;
    for (const parts of [1, 3, 4, 1000]) {
      const ranges = await parcelRanges(database.pool, season, GRID, parts);
      assert.ok(ranges.length <= parts);
      const shares = await Promise.all(ranges.map((pids) => copy(GRID, { pids })));
      assert.deepEqual(
        shares.flatMap(({ parcels }) => parcels),
        all,
      );
      if (parts === 4) for (const { parcels } of shares) assert.ok(parcels.length > 75);
    }
  });

  it('have no ranges where the grid has none of them', async () => {
    assert.deepEqual(await parcelRanges(database.pool, season, { ...GRID, originX: 700000 }, 4), []);
  });

  it('are not copied any further once the signal is aborted, and the pool stays usable', async () => {
    const controller = new AbortController();
    const copying = copyParcels(
      database.pool,
      season,
      GRID,
      () => {
        controller.abort(new Error('enough'));
      },
      { signal: controller.signal },
    );
    await assert.rejects(copying, /enough/);
    assert.ok((await copy()).parcels.length > 300);
  });

  it('without geometry are never selected', async () => {
    await database.pool.query(
      `INSERT INTO parcels (ogc_fid, wkb_geometry) VALUES (901, NULL), (902, 'SRID=31370;POLYGON EMPTY')`,
    );
    assert.ok((await copy()).parcels.every(({ pid }) => pid < 900));
  });
});
