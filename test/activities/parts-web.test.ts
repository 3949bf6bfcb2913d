/** A scene on web servers of different manners: parts where they can be had, whole objects elsewhere, and always the same rows. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { SceneTask, Staged } from '../../activities/contract.js';
import { databaseActivities, hostActivities, stageActivities } from '../../activities/registered.js';
import { query } from '../../database/session/session.js';
import { geotiffFile } from '../../demo/season/geotiff-file.js';
import type { StacItem } from '../../stac/scene-facts.js';
import { skipWithoutServer } from '../database/database.js';
import { GRID } from '../database/season.js';
import { earthSearchItem } from '../stac/items.js';
import type { Manners } from '../store/web-server.js';
import { AddressedPlace, RING } from './addressed-place.js';
import { fill, pixelSc } from './dependencies.js';
import { noise } from './noise.js';
import { run } from './run-activity.js';

const REFERENCE = 'S2B_MSIL2A_20240312T105019_N0510_R051_T31UES_20240312T140000.SAFE';

describe('a scene on a web server', { skip: skipWithoutServer }, () => {
  let place: AddressedPlace;
  let obsid: number;
  let wholeBytes: number;
  let whole: object[];
  before(async () => {
    place = await AddressedPlace.open();
    const { web } = place;
    const coarse = { ...GRID, width: 500, height: 500, stepX: 20, stepY: -20 };
    const folder = `/${REFERENCE.replace('.SAFE', '')}`;
    const image = geotiffFile([fill(GRID, noise, Uint16Array)], GRID);
    const classes = geotiffFile([fill(coarse, pixelSc, Uint8Array)], coarse);
    web.objects.set(`${folder}/B04.tif`, image).set(`${folder}/SCL.tif`, classes);
    wholeBytes = image.length + classes.length;
    const item = JSON.stringify(earthSearchItem({ reference: REFERENCE, ring: RING }));
    place.api.items = [JSON.parse(item.replaceAll('https://cogs.example.org', web.url)) as StacItem];
    await place.sync('sentinel-2-c1-l2a');
    const [scene] = await query<{ id: number }>(
      place.dependencies.pool,
      'SELECT id FROM dias_catalogue WHERE reference = $1',
      [REFERENCE],
    );
    obsid = scene!.id;
    const staged = await extract({ ranges: false });
    assert.deepEqual([staged.bytes, staged.parts], [wholeBytes, undefined]);
    whole = await place.rowsOf(obsid);
    assert.equal(whole.length, 80);
  });
  beforeEach(async () => {
    await place.dependencies.pool.query(`
      TRUNCATE sigs, hists, parcelwise.extraction CASCADE; UPDATE dias_catalogue SET status = 'ingested'`);
  });
  after(() => place.close());

  async function extract(manners: Partial<Manners>, event?: () => void): Promise<Staged> {
    const { dependencies, test, web } = place;
    web.reset();
    web.manners = { ...web.manners, ...manners };
    // The image's first bytes, and what follows them.
    if (event)
      web.mishaps.push(
        { kind: 'then', event: () => undefined },
        { kind: 'then', event: () => undefined },
        { kind: 'then', event },
      );
    const task: SceneTask = {
      ...test.task,
      scene: { obsid, reference: REFERENCE, obstime: '2024-03-12T10:50:19' },
      owner: place.ownerOf(obsid),
    };
    const [database, host] = [databaseActivities(dependencies), hostActivities(dependencies)];
    await run(database.claim, task);
    const staged = await run(stageActivities(dependencies).stage, task);
    for (const chunk of (await run(host.planOrFinish, task)).pending)
      await run(host.extractAndCopyChunk, { ...task, chunk });
    await run(database.mark, task, null);
    await run(host.discard, task);
    return staged;
  }

  for (const [what, manners] of Object.entries<Partial<Manners>>({
    'that tells versions by strong ETags': {},
    'that tells versions by weak ETags': { etags: 'weak' },
    'that tells versions by their date': { etags: 'none' },
    'that does not answer HEAD': { head: false },
  }))
    it(`${what} is fetched in parts`, async () => {
      const { parts, bytes } = await extract(manners);
      assert.ok(parts !== undefined && bytes < 0.5 * wholeBytes, `${bytes} of ${wholeBytes}`);
      assert.deepEqual(await place.rowsOf(obsid), whole);
      assert.ok(
        place.web.asked.filter((asked) => asked.startsWith('GET') && !asked.includes('bytes=')).length <= 1,
      );
    });

  it('that ignores ranges is fetched whole', async () => {
    assert.equal((await extract({ ranges: false, etags: 'weak' })).parts, undefined);
    assert.deepEqual(await place.rowsOf(obsid), whole);
  });

  it('whose object is another one after its first bytes has the rows of that one alone', async () => {
    const { web } = place;
    const key = [...web.objects.keys()].find((name) => name.endsWith('B04.tif'))!;
    const kept = web.objects.get(key)!;
    const turned = geotiffFile([fill(GRID, (row, column) => noise(column, row), Uint16Array)], GRID);
    const staged = await extract({}, () => web.objects.set(key, turned));
    assert.equal(staged.parts, undefined);
    const mixed = await place.rowsOf(obsid);
    await place.dependencies.pool.query(`
      TRUNCATE sigs, hists, parcelwise.extraction CASCADE; UPDATE dias_catalogue SET status = 'ingested'`);
    await extract({ ranges: false });
    assert.deepEqual(mixed, await place.rowsOf(obsid));
    web.objects.set(key, kept);
  });
});
