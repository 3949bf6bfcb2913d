/** Clouds that are never fetched: the class map comes first, and says which tiles do. */
import assert from 'node:assert/strict';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { HEAD_BYTES } from '../../reading/fetch-costs.js';
import { skipWithoutServer } from '../database/database.js';
import { B08, CloudyScene, sky, type Stored, withoutCloudy } from './cloudy-scene.js';
import { noise } from './noise.js';
import { KEYS, PARCELS } from './dependencies.js';
import { forget, RULE } from './masked-scene.js';
import { run } from './run-activity.js';

/** North of all parcels any number, so that it takes as many bytes as pixels. */
function noisySky(row: number, column: number): number {
  if (row >= 900) return sky(Math.floor(row / 2), Math.floor(column / 2));
  const place = Math.imul(row * 1000 + column + 1, 0x9e3779b1);
  return Math.imul(place ^ (place >>> 15), 0x85ebca6b) >>> 24;
}

describe('clouds', { skip: skipWithoutServer }, () => {
  let scene: CloudyScene;
  let expected: Stored;
  let allBytes: number;
  before(async () => {
    scene = await CloudyScene.open({
      order: { bands: ['B08', 'SC'] },
      bands: { B08: { step: 10, pixel: noise } },
    });
    expected = withoutCloudy(await scene.extract({}));
    allBytes = scene.bytesOf(B08);
  });
  beforeEach(async () => {
    await forget(scene.test);
    await scene.test.dependencies.pool.query(`DELETE FROM parcels WHERE ogc_fid > ${PARCELS + 2}`);
  });
  after(() => scene.test.close());

  const isAsExpected = ({ rows, clear, hists, gaps }: Stored): void => {
    assert.deepEqual({ rows, clear, hists, gaps }, expected);
  };
  const sizeOf = async (key: string) => (await stat(join(scene.test.bucket, key))).size;

  it('are not fetched where no other parcel lies in their tile', async () => {
    const found = await scene.extract({ skipCloudy: true });
    isAsExpected(found);
    assert.equal(found.staged.parts?.blocks, 2);
    assert.ok(scene.bytesOf(B08) < 0.6 * allBytes, `${scene.bytesOf(B08)} of ${allBytes}`);
  });

  it('over all parcels leave of each band its header, and the scene ends extracted', async () => {
    await scene.putClasses(() => 9, 20);
    const { staged, rows, hists, gaps, end } = await scene.extract({ skipCloudy: true });
    assert.deepEqual(scene.fetched, [{ key: B08, bytes: HEAD_BYTES }]);
    assert.deepEqual(staged.parts?.blocks, 0);
    assert.equal(staged.bytes, HEAD_BYTES + (await sizeOf(KEYS.SC)));
    assert.deepEqual([...new Set([...rows.keys()].map((key) => key.split(' ')[0]))], ['SC']);
    assert.deepEqual([rows.size, hists.size], [PARCELS, PARCELS]);
    assert.equal([...gaps].filter(([key]) => key.startsWith('B08 ')).length, PARCELS + 2);
    assert.equal(end.marked?.rows, PARCELS);
    await scene.putClasses(sky, 20);
  });

  it('are told once by a process, and anew by one that knows nothing of who staged the scene', async () => {
    scene.decisions = 0;
    await scene.extract({ skipCloudy: true });
    assert.equal(scene.decisions, 2, 'each thread for half of the parcels');
    await forget(scene.test);
    const task = await scene.claimed({ skipCloudy: true });
    await run(scene.actions().stage, task);
    await scene.finish(task);
    assert.equal(scene.decisions, 6);
    isAsExpected(await scene.stored());
  });

  it('are told anew where staging was broken off after the class map', async () => {
    const task = await scene.claimed({ skipCloudy: true });
    await assert.rejects(run(scene.actions(scene.watched(1)).stage, task), /broken off/);
    await run(scene.actions().stage, task);
    assert.ok(!scene.fetched.some(({ bytes }) => bytes === HEAD_BYTES), 'the header lies there');
    await scene.finish(task);
    isAsExpected(await scene.stored());
  });

  it('are told to who waits for the answer beside somebody who is told to stop', async () => {
    const task = await scene.claimed({ skipCloudy: true });
    await run(scene.actions().stage, task);
    const { act, asked, goOn } = scene.heldBack();
    const first = run(act.planOrFinish, task);
    await asked;
    const second = run(act.planOrFinish, task);
    // Until it waits, too.
    await sleep(500);
    first.cancel();
    await assert.rejects(first, /CANCELLED/);
    goOn();
    await second;
    await scene.finish(task, act);
    isAsExpected(await scene.stored());
  });

  it('are told while the scene is staged', async () => {
    const { told } = await scene.extract({ skipCloudy: true });
    const { tiles, cloudy } = told.at(-1);
    assert.deepEqual([tiles, cloudy], ['2 of 16', '29 of 42 parcels']);
  });

  it('keep nobody from a parcel that came on clear ground meanwhile', async () => {
    const task = await scene.claimed({ skipCloudy: true });
    const act = scene.actions();
    await run(act.stage, task);
    await scene.test.dependencies.pool.query(`
      INSERT INTO parcels (ogc_fid, wkb_geometry)
      SELECT ${PARCELS + 3}, ST_Transform(ST_MakeEnvelope(506000, 5645000, 506100, 5645100, 32631), 31370)`);
    await assert.rejects(run(act.planOrFinish, task), { type: 'NotStaged' });
    const again = await run(act.stage, task);
    assert.equal(again.parts?.blocks, 3);
    await scene.finish(task, act);
    assert.ok((await scene.stored()).rows.has(`B08 ${PARCELS + 3}`));
  });

  for (const [how, clear] of [
    ['in parts itself', undefined],
    // A cloud beside all parcels may reach one.
    ['whole, since clouds are widened', { ...RULE, minPixels: 1, widenM: 20 }],
  ] as const) {
    it(`are told by a class map that comes ${how}`, async () => {
      await scene.putClasses(noisySky, 10);
      await scene.listTiles(KEYS.SC);
      const whole = withoutCloudy(await scene.extract({ clear }));
      await forget(scene.test);
      const { staged, told, end, ...stored } = await scene.extract({ clear, skipCloudy: true });
      assert.deepEqual(stored, whole);
      assert.ok(stored.rows.has('B08 15') && stored.gaps.get('B08 1') === 'cloudy');
      assert.ok(end.cloudy!.parcels > 0);
      const phases = ['headers', 'finding tiles with parcels', 'class map', 'tiles with parcels'];
      assert.deepEqual([...new Set(told.map(({ phase }) => phase))], phases);
      const bytes = scene.bytesOf(KEYS.SC);
      const tilesOfB08 = clear ? 1 : 2;
      assert.equal(staged.parts?.blocks, tilesOfB08 + (clear ? 0 : 4));
      if (clear) assert.equal(bytes, HEAD_BYTES, 'the rest is no range');
      else assert.ok(bytes > HEAD_BYTES && bytes < 0.5 * (await sizeOf(KEYS.SC)), `${bytes}`);
      await scene.putClasses(sky, 20);
    });
  }
});
