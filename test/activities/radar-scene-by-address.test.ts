/** A Sentinel-1 scene that a STAC API tells of, from its item to its rows: they are those of the same pixels by the layout of keys. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { Order } from '../../campaigns/order.js';
import type { SceneTask } from '../../activities/contract.js';
import {
  databaseActivities,
  hostActivities,
  stageActivities,
  syncActivities,
} from '../../activities/registered.js';
import type { HostDependencies } from '../../activities/dependencies.js';
import type { SyncSearch } from '../../activities/sync-contract.js';
import type { SyncInput } from '../../campaigns/sync-options.js';
import { query } from '../../database/session/session.js';
import { enviFile } from '../../demo/season/envi-file.js';
import { geotiffFile } from '../../demo/season/geotiff-file.js';
import type { StacItem } from '../../stac/scene-facts.js';
import { openStore } from '../../store/open.js';
import { skipWithoutServer } from '../database/database.js';
import { GRID } from '../database/season.js';
import { ApiServer } from '../stac/api-server.js';
import { WebServer } from '../store/web-server.js';
import { run } from './run-activity.js';
import { openTestDependencies, put, type TestDependencies } from './dependencies.js';

/** With a corner in the area: the API of the tests looks at corners. */
const RING = [
  [2.9, 50.8],
  [3.2, 50.8],
  [3.2, 51.1],
  [3.05, 50.95],
  [2.9, 51.1],
  [2.9, 50.8],
];
const BS = ['3A51', '77FE'].map(
  (end) => `S1A_IW_GRDH_1SDV_20240304T172431_20240304T172456_052833_0664D9_${end}_CARD_BS`,
) as [string, string];
const C6 = ['DESC', 'ASC'].map((pass) => `S1A_20240306T055824_20240223T055825_${pass}_CARD_COH6`) as [
  string,
  string,
];

/** Linear gamma0 that counts columns, with no data in every seventh. */
const pixels = (scale: number): Float32Array =>
  Float32Array.from({ length: GRID.width * GRID.height }, (_, i) =>
    (i % GRID.width) % 7 === 0 ? 0 : scale * (i % GRID.width),
  );
const VV = pixels(0.001);
const VH = pixels(0.0002);

describe('a Sentinel-1 scene that a STAC item tells the addresses of', { skip: skipWithoutServer }, () => {
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
    await query(test.dependencies.pool, `SELECT setval('dias_catalogue_id_seq', 100)`);
  });
  after(async () => {
    await Promise.all([api.stop(), web.stop()]);
    dependencies.store.close();
    await test.close();
  });

  const item = (id: string, assets: object): StacItem => ({
    ...{ type: 'Feature', id, collection: 'card', assets, links: [] },
    geometry: { type: 'Polygon', coordinates: [RING] },
    properties: { datetime: id.startsWith('S1A_IW') ? '2024-03-04T17:24:31Z' : '2024-03-06T05:58:24Z' },
  });

  /** Syncs the items, and extracts each of their scenes; the rows of each. */
  async function extracted(card: 'bs' | 'c6'): Promise<object[][]> {
    const { tables, aoi, period } = test.order;
    const steps = syncActivities(dependencies);
    const sync = await run((request: SyncInput) => steps.prepareSync(request), {
      source: { stac: api.url, collection: 'card' },
      ...{ tables: { catalogue: tables.catalogue, aois: tables.aois }, aoi, period },
    });
    for (const search of sync.searches)
      await run((wanted: SyncSearch) => steps.syncPage(sync, wanted, null), search);
    const scenes = await query<{ obsid: number; reference: string; obstime: string }>(
      dependencies.pool,
      `SELECT id AS obsid, reference, to_char(obstime, 'YYYY-MM-DD"T"HH24:MI:SS') AS obstime FROM dias_catalogue
       WHERE card = $1 AND id > 100 ORDER BY reference`,
      [card],
    );
    const order: Order = { ...test.order, card, bands: card === 'bs' ? ['VVb', 'VHb'] : ['VVc', 'VHc'] };
    const rows: object[][] = [];
    for (const scene of scenes) {
      const owner = { workflowId: `scene/public.sigs/${scene.obsid}`, runId: 'run-a' };
      await extract({ ...test.task, order, scene, owner });
      const columns = 'pid, band, count, mean, std, min, max, p25, p50, p75';
      rows.push(
        await query(dependencies.pool, `SELECT ${columns} FROM sigs WHERE obsid = $1 ORDER BY 1, 2`, [
          scene.obsid,
        ]),
      );
    }
    return rows;
  }

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

  const located = async (): Promise<string[]> =>
    (
      await query<{ located: string }>(
        dependencies.pool,
        `SELECT e.facts ->> 'located' AS located FROM parcelwise.extraction e JOIN dias_catalogue d ON d.id = e.obsid ORDER BY d.reference`,
      )
    ).map((row) => row.located);

  it('of bs has the rows of the same pixels: ENVI on a web server, headers beside', async () => {
    for (const [band, numbers] of Object.entries({ VV, VH })) {
      const { header, image } = enviFile(numbers, GRID, `Gamma0_${band}`);
      web.objects.set(`/a/Gamma0_${band}.img`, image).set(`/a/Gamma0_${band}.hdr`, header);
      const folder = `Sentinel-1/SAR/CARD-BS/2024/03/04/${BS[1]}/${BS[1]}.data`;
      await put(test.bucket, `${folder}/Gamma0_${band}.img`, image);
      await put(test.bucket, `${folder}/Gamma0_${band}.hdr`, header);
    }
    const assets = {
      vv: { href: `${web.url}/a/Gamma0_VV.img?token=head.body.mark` },
      vh: { href: `${web.url}/a/Gamma0_VH.img?token=head.body.mark` },
    };
    api.items = [item(BS[0], assets), item(BS[1], {})];
    const [byAddress, byLayout] = await extracted('bs');
    assert.equal(byAddress?.length, 80);
    assert.deepEqual(byAddress, byLayout);
    assert.deepEqual(await located(), ['catalogue', 'layout']);
  });

  it('of c6 has them too: both polarisations in one GeoTIFF, in the order and with the no-data that the item tells', async () => {
    const infinite = [VH, VV].map((numbers) => numbers.map((value) => (value === 0 ? -Infinity : value)));
    web.objects.set('/coherence.tif', geotiffFile(infinite, GRID));
    await put(
      test.bucket,
      `Sentinel-1/SAR/CARD-COH6/2024/03/06/${C6[0]}/${C6[0]}.tif`,
      geotiffFile([VV, VH], GRID),
    );
    const bands = [{ name: 'VH' }, { name: 'VV' }];
    api.items = [
      item(C6[0], {}),
      item(C6[1], { data: { href: `${web.url}/coherence.tif`, bands, nodata: '-inf' } }),
    ];
    const [byAddress, byLayout] = await extracted('c6');
    assert.equal(byAddress?.length, 80);
    assert.deepEqual(byAddress, byLayout);
  });
});
