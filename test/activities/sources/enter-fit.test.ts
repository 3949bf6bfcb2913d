/** Scenes of a page of which the database takes some and others not. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { enterFit } from '../../../activities/sources/enter-fit.js';
import type { SyncTarget } from '../../../database/selection/check.js';
import type { NewScene } from '../../../database/scenes/products.js';
import { createDatabase, skipWithoutServer, type TestDatabase } from '../../database/database.js';
import { makeSyncedSeason } from '../../database/season.js';

function scene(n: number, changes: Partial<NewScene> = {}): NewScene {
  const none = {
    collection: null,
    datatake: null,
    tile: null,
    baseline: null,
    generated: null,
    published: null,
  };
  return {
    reference: `S2A_MSIL2A_20240310T10503${n}_N0510_R051_T31UFS_20240310T200000.SAFE`,
    obstime: '2024-03-10T10:50:31',
    sensor: '2A',
    card: 's2',
    footprint: [
      [
        [
          [2.9, 50.8],
          [3.2, 50.8],
          [3.2, 51.1],
          [2.9, 50.8],
        ],
      ],
    ],
    product: { ...none, item: `item ${n}`, cloudCover: null, offsetApplied: null, bands: {} },
    ...changes,
  };
}

describe('scenes of which one does not fit', { skip: skipWithoutServer }, () => {
  let database: TestDatabase;
  let target: SyncTarget;
  before(async () => {
    database = await createDatabase();
    target = await makeSyncedSeason(database.pool);
  });
  after(() => database.drop());
  const enter = (...scenes: NewScene[]) => enterFit(database.pool, target, 'https://one.example', scenes);

  it('are entered but for that one, which is named with the reason', async () => {
    const odd = { obstime: 'no time' };
    const point = { footprint: [[[[3, 51] as const, [3, 51] as const]]] };
    const report = await enter(scene(1), scene(2, odd), scene(3), scene(4, point));
    assert.deepEqual(report.entered, [scene(1).reference, scene(3).reference]);
    assert.deepEqual(
      report.unfit.map(({ name }) => name),
      [scene(2).reference, scene(4).reference],
    );
    assert.match(report.unfit[0]!.reason, /not taken by the database \(22007\)/);
  });

  it('fail where none of them fits: it is not the scene that is at fault then', async () => {
    await assert.rejects(enter(scene(5, { obstime: 'x' }), scene(6, { obstime: 'y' })), { code: '22007' });
  });
});
