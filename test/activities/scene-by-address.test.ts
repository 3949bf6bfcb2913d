/** A scene on a web server, told of by a STAC API, from its item to its rows: they are those of the same pixels in a bucket. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { hostActivities, stageActivities } from '../../activities/registered.js';
import type { SceneTask } from '../../activities/contract.js';
import { query } from '../../database/session/session.js';
import { geotiffFile } from '../../demo/season/geotiff-file.js';
import { StagedScene } from '../../extraction/scratch/staged-scene.js';
import { skipWithoutServer } from '../database/database.js';
import { GRID } from '../database/season.js';
import { earthSearchItem } from '../stac/items.js';
import type { StacItem } from '../../stac/scene-facts.js';
import { run } from './run-activity.js';
import { AddressedPlace, RING } from './addressed-place.js';
import { fill, pixelB04, pixelSc } from './dependencies.js';

const REFERENCE = 'S2B_MSIL2A_20240312T105019_N0510_R051_T31UES_20240312T140000.SAFE';
const FORGET = `UPDATE parcelwise.product SET hrefs = (
  SELECT jsonb_object_agg(band, place - 'offsetApplied') FROM jsonb_each(hrefs) AS known (band, place))`;

describe('a scene on a web server', { skip: skipWithoutServer }, () => {
  let place: AddressedPlace;
  before(async () => {
    place = await AddressedPlace.open();
    const { web } = place;
    const coarse = { ...GRID, width: 500, height: 500, stepX: 20, stepY: -20 };
    const folder = `/${REFERENCE.replace('.SAFE', '')}`;
    web.objects.set(`${folder}/B04.tif`, geotiffFile([fill(GRID, pixelB04, Uint16Array)], GRID));
    web.objects.set(`${folder}/SCL.tif`, geotiffFile([fill(coarse, pixelSc, Uint8Array)], coarse));
  });
  after(() => place.close());

  /** The item of Earth Search, its COGs on our server. */
  const item = (changes: Readonly<Record<string, unknown>> = {}): StacItem => {
    const made = earthSearchItem({ reference: REFERENCE, ring: RING });
    const moved = JSON.stringify(made).replaceAll('https://cogs.example.org', place.web.url);
    const parsed = JSON.parse(moved) as StacItem;
    return { ...parsed, properties: { ...parsed.properties, ...changes } };
  };

  async function sync(): Promise<number> {
    await place.sync('sentinel-2-c1-l2a');
    const [scene] = await query<{ id: number }>(
      place.dependencies.pool,
      'SELECT id FROM dias_catalogue WHERE reference = $1',
      [REFERENCE],
    );
    return scene!.id;
  }

  const taskOf = (obsid: number): SceneTask => ({
    ...place.test.task,
    scene: { obsid, reference: REFERENCE, obstime: '2024-03-12T10:50:19' },
    owner: place.ownerOf(obsid),
  });

  const histsOf = (obsid: number) =>
    query(place.dependencies.pool, 'SELECT pid, hist FROM hists WHERE obsid = $1 ORDER BY pid', [obsid]);

  it('has the rows of the same pixels that lie in a bucket', async () => {
    place.api.items = [item()];
    const obsid = await sync();
    await place.extract(place.test.task);
    await place.extract(taskOf(obsid));
    assert.equal((await place.rowsOf(obsid)).length, 79);
    assert.deepEqual(await place.rowsOf(obsid), await place.rowsOf(1));
    assert.deepEqual(await histsOf(obsid), await histsOf(1));
    const facts = await query(
      place.dependencies.pool,
      `SELECT obsid, facts ->> 'located' AS located FROM parcelwise.extraction ORDER BY obsid`,
    );
    assert.deepEqual(facts, [
      { obsid: 1, located: 'layout' },
      { obsid, located: 'catalogue' },
    ]);
    const [objects] = await query<{ keys: string[]; versions: Record<string, number>[] }>(
      place.dependencies.pool,
      `SELECT array_agg(key ORDER BY key) AS keys, jsonb_agg(version ORDER BY key) AS versions
       FROM parcelwise.extraction CROSS JOIN jsonb_each(facts -> 'objects') AS object (key, version) WHERE obsid = $1`,
      [obsid],
    );
    assert.deepEqual(
      objects?.keys.map((key) => key.replace(/.*\//, '')),
      ['B04.tif', 'SCL.tif'],
    );
    for (const version of objects.versions) assert.deepEqual(Object.keys(version).length, 1);
  });

  it('has its orbit with its facts, and what its item and its name say differently', async () => {
    place.api.items = [item({ 'sat:relative_orbit': 7, 'sat:orbit_state': 'ascending' })];
    const task = taskOf(await sync());
    const staged = await run(stageActivities(place.dependencies).stage, task);
    assert.equal(staged.contradictions?.length, 2);
    assert.match(
      staged.contradictions[0]!,
      /^the relative orbit is 7 by the STAC item and \d+ by the name; the item/,
    );
    assert.match(
      staged.contradictions[1]!,
      /^the pass is ascending by the STAC item and descending by the mission/,
    );
    const folder = place.dependencies.scratch.sceneFolder(task.order.tables.results, task.scene.obsid);
    const manifest = await new StagedScene(folder).readManifest();
    assert.deepEqual(manifest?.facts.orbit, {
      ...{ relative: 7, relativeBy: 'item', pass: 'ascending', passBy: 'item' },
    });
    assert.deepEqual(manifest.facts.contradictions, staged.contradictions);
    await run(hostActivities(place.dependencies).discard, task);
  });

  it('is harmonised as its item says: by its offset, or not at all where the pixels have it taken in', async () => {
    for (const [applied, offset, source, forgotten] of [
      [false, -1000, 'item', false],
      [true, 0, 'pixels', false],
      // A row whose bands say nothing of it: the item's word is true of its GeoTIFFs.
      [true, 0, 'pixels', true],
    ] as const) {
      await query(place.dependencies.pool, 'DELETE FROM parcelwise.product');
      place.api.items = [item({ 'earthsearch:boa_offset_applied': applied })];
      const task = taskOf(await sync());
      if (forgotten) await query(place.dependencies.pool, FORGET);
      const harmonised: SceneTask = { ...task, order: { ...task.order, radiometry: 'harmonised' } };
      await run(stageActivities(place.dependencies).stage, harmonised);
      const staged = new StagedScene(
        place.dependencies.scratch.sceneFolder(task.order.tables.results, task.scene.obsid),
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
      await run(hostActivities(place.dependencies).discard, harmonised);
    }
  });
});
