import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { transformPoints } from '../../../database/parcels/transform-points.js';
import type { CheckedSelection } from '../../../database/selection/check.js';
import { createDatabase, skipWithoutServer } from '../database.js';
import type { TestDatabase } from '../database.js';
import { makeSeason } from '../season.js';

describe('transformed points', { skip: skipWithoutServer }, () => {
  let database: TestDatabase;
  let season: CheckedSelection;
  before(async () => {
    database = await createDatabase();
    season = await makeSeason(database.pool, { parcels: 1 });
  });
  after(() => database.drop());

  it('are those of ST_Transform, bit by bit and in order', async () => {
    const points = new Float64Array([
      150_000, 170_000, 22_345.678, 201_234.5, 150_000, 170_000, 250_000, 30_000.25,
    ]);
    const { rows } = await database.pool.query<{ x: number; y: number }>(
      `SELECT ST_X(point) AS x, ST_Y(point) AS y
       FROM unnest($1::float8[], $2::float8[]) WITH ORDINALITY AS p (x, y, i),
            ST_Transform(ST_SetSRID(ST_MakePoint(p.x, p.y), 31370), 32631) AS point ORDER BY i`,
      [points.filter((_, i) => i % 2 === 0), points.filter((_, i) => i % 2 === 1)].map((axis) => [...axis]),
    );
    const transformed = await transformPoints(database.pool, season, points, 32631);
    assert.deepEqual(
      [...transformed!],
      rows.flatMap(({ x, y }) => [x, y]),
    );
  });

  it('are undefined where PROJ refuses one of them', async () => {
    const { parcels } = season;
    const degrees = { ...season, parcels: { ...parcels, crs: { ...parcels.crs, srid: 4326 } } };
    const fine = new Float64Array([3, 50, 4, 51]);
    assert.equal((await transformPoints(database.pool, degrees, fine, 32631))?.length, 4);
    const beyondThePole = new Float64Array([3, 50, 3, 95]);
    assert.equal(await transformPoints(database.pool, degrees, beyondThePole, 32631), undefined);
  });

  it('are no excuse for a connection that fails', async () => {
    const { parcels } = season;
    const unknown = { ...season, parcels: { ...parcels, crs: { ...parcels.crs, srid: -1.5 } } };
    await assert.rejects(transformPoints(database.pool, unknown, new Float64Array([3, 50]), 32631));
  });
});
