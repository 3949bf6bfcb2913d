/** Where scenes at addresses of a STAC API are synced and extracted: its server, a web server, a folder as the bucket. */
import { pathToFileURL } from 'node:url';
import type { SceneTask } from '../../activities/contract.js';
import type { HostDependencies } from '../../activities/dependencies.js';
import {
  databaseActivities,
  hostActivities,
  stageActivities,
  syncActivities,
} from '../../activities/registered.js';
import type { SyncSearch } from '../../activities/sync-contract.js';
import type { SyncInput } from '../../campaigns/sync-options.js';
import { query } from '../../database/session/session.js';
import { openStore } from '../../store/open.js';
import { numberFrom101 } from '../database/season.js';
import { ApiServer } from '../stac/api-server.js';
import { WebServer } from '../store/web-server.js';
import { openTestDependencies, type Scene, type TestDependencies } from './dependencies.js';
import { run } from './run-activity.js';

/** With a corner in the area: the API of the tests looks at corners. */
export const RING = [
  [2.9, 50.8],
  [3.2, 50.8],
  [3.2, 51.1],
  [3.05, 50.95],
  [2.9, 51.1],
  [2.9, 50.8],
] as const;

export class AddressedPlace {
  private constructor(
    readonly test: TestDependencies,
    readonly dependencies: HostDependencies,
    readonly api: ApiServer,
    readonly web: WebServer,
  ) {}

  static async open(scene: Scene = {}): Promise<AddressedPlace> {
    const [test, api, web] = await Promise.all([
      openTestDependencies(scene),
      ApiServer.start(),
      WebServer.start(),
    ]);
    const endpoint = pathToFileURL(test.folder).href;
    const store = openStore({ endpoint, bucket: 'bucket', addressing: 'path' });
    await numberFrom101(test.dependencies.pool);
    return new AddressedPlace(test, { ...test.dependencies, store }, api, web);
  }

  async close(): Promise<void> {
    await Promise.all([this.api.stop(), this.web.stop()]);
    this.dependencies.store.close();
    await this.test.close();
  }

  /** Enters what the API tells of a collection. */
  async sync(collection: string): Promise<void> {
    const { tables, aoi, period } = this.test.order;
    const steps = syncActivities(this.dependencies);
    const order = await run((request: SyncInput) => steps.prepareSync(request), {
      source: { stac: this.api.url, collection },
      ...{ tables: { catalogue: tables.catalogue, aois: tables.aois }, aoi, period },
    });
    for (const search of order.searches)
      await run((wanted: SyncSearch) => steps.syncPage(order, wanted, null), search);
  }

  /** From claim to mark, as the workflow does it. */
  async extract(task: SceneTask): Promise<void> {
    const database = databaseActivities(this.dependencies);
    const host = hostActivities(this.dependencies);
    await run(database.claim, task);
    await run(stageActivities(this.dependencies).stage, task);
    for (const chunk of (await run(host.planOrFinish, task)).pending) {
      await run(host.extractAndCopyChunk, { ...task, chunk });
      await run(host.copyChunk, { ...task, chunk });
    }
    await run(database.mark, task, null);
    await run(host.discard, task);
  }

  ownerOf(obsid: number): SceneTask['owner'] {
    return { workflowId: `scene/public.sigs/${obsid}`, runId: 'run-a' };
  }

  async rowsOf(obsid: number): Promise<object[]> {
    return await query(
      this.dependencies.pool,
      `SELECT pid, band, count, mean, std, min, max, p25, p50, p75 FROM sigs WHERE obsid = $1 ORDER BY pid, band`,
      [obsid],
    );
  }
}
