/** A scene on a web server, told of by a STAC API, from its item to its rows: they are those of the same pixels in a bucket. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import {
  hostActivities,
  stageActivities,
  syncActivities,
  databaseActivities,
} from '../../activities/registered.js';
import type { SceneTask } from '../../activities/contract.js';
import type { HostDependencies } from '../../activities/dependencies.js';
import type { SyncSearch } from '../../activities/sync-contract.js';
import type { SyncInput } from '../../campaigns/sync-options.js';
import { query } from '../../database/session/session.js';
import { geotiffFile } from '../../demo/season/geotiff-file.js';
import { StagedScene } from '../../extraction/scratch/staged-scene.js';
import { openStore } from '../../store/open.js';
import { skipWithoutServer } from '../database/database.js';
import { GRID } from '../database/season.js';
import { ApiServer } from '../stac/api-server.js';
import { earthSearchItem } from '../stac/items.js';
import type { StacItem } from '../../stac/scene-facts.js';
import { WebServer } from '../store/web-server.js';
import { run } from './run-activity.js';
import { fill, openTestDependencies, pixelB04, pixelSc, type TestDependencies } from './dependencies.js';

const REFERENCE = 'S2B_MSIL2A_20240312T105019_N0510_R051_T31UES_20240312T140000.SAFE';
const RING = [
  [2.9, 50.8],
  [3.2, 50.8],
  [3.2, 51.1],
  [3.05, 50.95],
  [2.9, 51.1],
  [2.9, 50.8],
] as const;

const FORGET = `UPDATE parcelwise.product SET hrefs = (
  SELECT jsonb_object_agg(band, place - 'offsetApplied') FROM jsonb_each(hrefs) AS known (band, place))`;

describe('a scene on a web server', { skip: skipWithoutServer }, () => {
  let test: TestDependencies;
  let dependencies: HostDependencies;
  let api: ApiServer;
  let web: WebServer;
  before(async () => {
    [test, api, web] = await Promise.all([openTestDependencies(), ApiServer.start(), WebServer.start()]);
    const endpoint = pathToFileURL(test.folder).href;
    dependencies = {
      ...test.dependencies,
      store: openStore({ endpoint, bucket: 'bucket', addressing: 'path' }),
    };
    const coarse = { ...GRID, width: 500, height: 500, stepX: 20, stepY: -20 };
    const folder = `/${REFERENCE.replace('.SAFE', '')}`;
    web.objects.set(`${folder}/B04.tif`, geotiffFile([fill(GRID, pixelB04, Uint16Array)], GRID));
    web.objects.set(`${folder}/SCL.tif`, geotiffFile([fill(coarse, pixelSc, Uint8Array)], coarse));
    await query(test.dependencies.pool, `SELECT setval('dias_catalogue_id_seq', 100)`);
  });
  after(async () => {
    await Promise.all([api.stop(), web.stop()]);
    dependencies.store.close();
    await test.close();
  });

  /** The item of Earth Search, its COGs on our server. */
  const item = (changes: Readonly<Record<string, unknown>> = {}): StacItem => {
    const made = earthSearchItem({ reference: REFERENCE, ring: RING });
    const moved = JSON.stringify(made).replaceAll('https://cogs.example.org', web.url);
    const parsed = JSON.parse(moved) as StacItem;
    return { ...parsed, properties: { ...parsed.properties, ...changes } };
  };

  async function sync(): Promise<number> {
    const { tables, aoi, period } = test.order;
    const steps = syncActivities(dependencies);
    const order = await run((request: SyncInput) => steps.prepareSync(request), {
      source: { stac: api.url, collection: 'sentinel-2-c1-l2a' },
      ...{ tables: { catalogue: tables.catalogue, aois: tables.aois }, aoi, period },
    });
    for (const search of order.searches)
      await run((wanted: SyncSearch) => steps.syncPage(order, wanted, null), search);
    const [scene] = await query<{ id: number }>(
      dependencies.pool,
      'SELECT id FROM dias_catalogue WHERE reference = $1',
      [REFERENCE],
    );
    return scene!.id;
  }

  const taskOf = (obsid: number): SceneTask => ({
    ...test.task,
    scene: { obsid, reference: REFERENCE, obstime: '2024-03-12T10:50:19' },
    owner: { workflowId: `scene/public.sigs/${obsid}`, runId: 'run-a' },
  });

  async function extract(task: SceneTask): Promise<void> {
    const database = databaseActivities(dependencies);
    const host = hostActivities(dependencies);
    await run(database.claim, task);
    await run(stageActivities(dependencies).stage, task);
    for (const chunk of (await run(host.planOrFinish, task)).pending) {
      await run(host.extractAndCopyChunk, { ...task, chunk });
      await run(host.copyChunk, { ...task, chunk });
    }
    await run(database.mark, task, null);
    await run(host.discard, task);
  }

  const rowsOf = (obsid: number) =>
    query(
      dependencies.pool,
      `SELECT pid, band, count, mean, std, min, max, p25, p50, p75 FROM sigs WHERE obsid = $1 ORDER BY pid, band`,
      [obsid],
    );
  const histsOf = (obsid: number) =>
    query(dependencies.pool, 'SELECT pid, hist FROM hists WHERE obsid = $1 ORDER BY pid', [obsid]);

  it('has the rows of the same pixels that lie in a bucket', async () => {
    api.items = [item()];
    const obsid = await sync();
    await extract(test.task);
    await extract(taskOf(obsid));
    assert.equal((await rowsOf(obsid)).length, 79);
    assert.deepEqual(await rowsOf(obsid), await rowsOf(1));
    assert.deepEqual(await histsOf(obsid), await histsOf(1));
    const facts = await query(
      dependencies.pool,
      `SELECT obsid, facts ->> 'located' AS located FROM parcelwise.extraction ORDER BY obsid`,
    );
    assert.deepEqual(facts, [
      { obsid: 1, located: 'layout' },
      { obsid, located: 'catalogue' },
    ]);
  });

  it('is harmonised as its item says: by its offset, or not at all where the pixels have it taken in', async () => {
    for (const [applied, offset, source, forgotten] of [
      [false, -1000, 'item', false],
      [true, 0, 'pixels', false],
      // A row whose bands say nothing of it: the item's word is true of its GeoTIFFs.
      [true, 0, 'pixels', true],
    ] as const) {
      await query(dependencies.pool, 'DELETE FROM parcelwise.product');
      api.items = [item({ 'earthsearch:boa_offset_applied': applied })];
      const task = taskOf(await sync());
      if (forgotten) await query(dependencies.pool, FORGET);
      const harmonised: SceneTask = { ...task, order: { ...task.order, radiometry: 'harmonised' } };
      await run(stageActivities(dependencies).stage, harmonised);
      const staged = new StagedScene(
        dependencies.scratch.sceneFolder(task.order.tables.results, task.scene.obsid),
      );
      const manifest = await staged.readManifest();
      assert.deepEqual(
        manifest?.bands.map(({ band, harmonised }) => [band, harmonised?.offset, harmonised?.scale]),
        [
          ['B04', offset, 1],
          ['SC', undefined, undefined],
        ],
      );
      assert.deepEqual([manifest.facts.source, manifest.facts.baseline], [source, '05.10']);
      await run(hostActivities(dependencies).discard, harmonised);
    }
  });
});
