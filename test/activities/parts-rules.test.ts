/** Scenes fetched in parts, measured by every rule: rows, clear rows, histograms, gaps and audit of the whole objects. */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { withTileLengths } from '../../bench/tile-lengths.js';
import type { Order } from '../../campaigns/order.js';
import type { Staged } from '../../activities/contract.js';
import { stageActivities } from '../../activities/registered.js';
import type { ObjectStore } from '../../store/object-store.js';
import { skipWithoutServer } from '../database/database.js';
import { KEYS, openTestDependencies, type TestDependencies } from './dependencies.js';
import { enlargeJp2, withoutVersions } from './large-object.js';
import { classAt, RULE } from './masked-scene.js';
import { run } from './run-activity.js';
import { SceneSteps } from './scene-steps.js';

const noise = (row: number, column: number): number =>
  column % 9 === 0 ? 0 : 1200 + ((Math.imul(row * 1000 + column + 1, 2_654_435_761) >>> 16) & 0x1fff);

/** A side of a tile is 2560 m. On corners and edges of tiles, over the border of the grid, and beyond it; lower left corners. */
const [LEFT, TOP] = [500_000, 5_650_000];
const PLACES = [
  [LEFT + 2510, TOP - 2610],
  [LEFT + 7630, TOP - 1300],
  [LEFT + 5120, TOP - 5175],
  [LEFT - 40, TOP - 100],
  [LEFT + 9930, TOP - 5000],
  [LEFT + 9_999, TOP - 900],
] as const;
const PARCELS = `
  DELETE FROM parcels WHERE ogc_fid % 4 <> 1 OR ogc_fid > 20;
  INSERT INTO parcels (wkb_geometry) SELECT ST_Transform(ST_MakeEnvelope(x, y, x + 110, y + 110, 32631), 31370)
  FROM (VALUES ${PLACES.map(([x, y]) => `(${x}, ${y})`).join(', ')}) AS corner (x, y)`;

const ALL = ['B04', 'B08', 'B09', 'B11', 'SC'];
const CLEAR = { clear: RULE };
const ORDERS: Readonly<Record<string, Partial<Order>>> = {
  'pixels with their centre inside': { bands: ALL },
  'shares of pixels, 12 m inside': { bands: ALL, pixels: 'fraction', innerBufferM: 12 },
  'pixels that are touched': { bands: ALL, pixels: 'touched' },
  'pixels that lie inside, of numbers that agree': { bands: ALL, pixels: 'inside', radiometry: 'harmonised' },
  'a band of 60 m alone': { bands: ['B09'] },
  'clear pixels': { bands: ALL, ...CLEAR },
  'clear pixels, the class map only read': { bands: ['B04', 'B09'], ...CLEAR },
  'clear pixels far from clouds, 25 m inside': {
    bands: ALL,
    clear: { ...RULE, widenM: 65, innerBufferM: 25 },
  },
  'indices of several sizes of pixels': { bands: ['NDV', 'NDM', 'B09'], radiometry: 'harmonised' },
  'parcels that are not cloudy': { bands: ALL, ...CLEAR, skipCloudy: true },
  'parcels far from clouds, shares of pixels': {
    ...{ bands: ['B04', 'B09', 'NDM'], skipCloudy: true, pixels: 'fraction', innerBufferM: 8 },
    clear: { ...RULE, widenM: 45, innerBufferM: 15 },
  },
  'clear indices': { bands: ['NDV', 'NDM', 'SC'], clear: { ...RULE, widenM: 20 }, innerBufferM: 10 },
};

describe('a scene fetched in parts', { skip: skipWithoutServer }, () => {
  let test: TestDependencies;
  let steps: SceneSteps;
  const staged: Staged[] = [];
  before(async () => {
    test = await openTestDependencies({
      ...{ clear: true, sc: classAt, sql: PARCELS },
      bands: {
        B08: { step: 10, pixel: noise },
        B11: { step: 20, pixel: noise },
        B09: { step: 60, pixel: noise },
      },
    });
    steps = new SceneSteps(test);
    const granule = dirname(dirname(join(test.bucket, KEYS.B04)));
    for (const folder of await readdir(granule))
      for (const name of await readdir(join(granule, folder)))
        if (!name.includes('B04')) await enlargeJp2(join(granule, folder, name), 1e6, withTileLengths);
        // Without TLM tile after tile is followed, which pays for large objects.
        else await enlargeJp2(join(granule, folder, name), 90e6);
  });
  beforeEach(forget);
  after(() => test.close());

  async function forget(): Promise<void> {
    await test.dependencies.pool.query(`
      TRUNCATE sigs, hists, clear_sigs, parcelwise.extraction CASCADE;
      UPDATE dias_catalogue SET status = 'ingested' WHERE id = 1`);
  }

  const found = () =>
    steps.query<{ kind: string; row: string }>(`
      SELECT 'row' AS kind, s::text AS row FROM sigs s UNION ALL SELECT 'clear', c::text FROM clear_sigs c
      UNION ALL SELECT 'hist', h::text FROM hists h
      UNION ALL SELECT 'gap', g.band || g.reason || g.pids::text FROM parcelwise.gap g ORDER BY 1, 2`);

  /** From claim to mark, with objects of a store; a host that dies on the way stages it twice. */
  async function extract(store: ObjectStore, fields: Partial<Order>, runId: string): Promise<void> {
    const { dependencies } = test;
    const there = new SceneSteps({ ...test, dependencies: { ...dependencies, store } });
    const task = await there.begin(fields, runId);
    if (fields.changedOnly) await run(there.act().renew, task);
    staged.push(await run(stageActivities({ ...dependencies, store }).stage, task));
    await there.store(task, 1);
    await there.store(task);
    await run(there.act().mark, task, null);
    assert.deepEqual(await steps.findings(), []);
  }

  for (const [what, fields] of Object.entries(ORDERS))
    it(`has what the whole objects have of ${what}`, async () => {
      const { store } = test.dependencies;
      await extract(withoutVersions(store), fields, 'run-1');
      assert.equal(staged.at(-1).parts, undefined);
      const whole = await found();
      await forget();
      await extract(store, fields, 'run-2');
      const { parts, bytes } = staged.at(-1);
      assert.ok(parts !== undefined && bytes < 0.7 * parts.ofBytes, `${bytes} of ${JSON.stringify(parts)}`);
      assert.ok(whole.length > 10);
      assert.deepEqual(await found(), whole);
    });

  it('has what the whole objects have of layers that are added, and of parcels that change later', async () => {
    const { pool, store } = test.dependencies;
    await pool.query('CREATE TABLE as_they_were AS SELECT * FROM parcels');
    const results: object[] = [];
    for (const [i, from] of [withoutVersions(store), store].entries()) {
      await forget();
      const tables = { ...test.order.tables, clear: undefined };
      await extract(from, { tables, bands: ['B04', 'SC'] }, `run-${i}-0`);
      const more = { bands: ['B04', 'SC', 'B08', 'NDM'], ...CLEAR };
      await extract(from, { ...more, add: true }, `run-${i}-1`);
      // To where nothing of the scene was fetched.
      await pool.query(
        'UPDATE parcels SET wkb_geometry = ST_Translate(wkb_geometry, 200, 3000) WHERE ogc_fid = 9',
      );
      await extract(from, { ...more, changedOnly: true }, `run-${i}-2`);
      results.push(await found());
      await pool.query(
        'UPDATE parcels p SET wkb_geometry = w.wkb_geometry FROM as_they_were w WHERE w.ogc_fid = p.ogc_fid',
      );
    }
    assert.ok(staged.at(-1).parts);
    assert.deepEqual(results[1], results[0]);
  });
});
