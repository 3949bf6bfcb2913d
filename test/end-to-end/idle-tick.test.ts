/** What a tick with nothing to do costs: few events, no campaign, nothing written. */
import assert from 'node:assert/strict';
import { basename } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { query } from '../../database/session/session.js';
import { ORCHESTRATOR_QUEUE } from '../../workflows/ids.js';
import type { tick, TickInput } from '../../workflows/tick.js';
import { skipWithoutServer } from '../database/database.js';
import { ApiServer } from '../stac/api-server.js';
import { skipWithoutTemporal } from '../workflows/server.js';
import { ContinuousPlace } from './continuous-place.js';
import { tinyItem, tinyProduct } from './tiny-product.js';

/** Of the tick and its sync together; a page more costs six. */
const EVENTS = 44;
/** What the server keeps of an idle tick until its retention time is over. */
const HISTORY_BYTES = 12_000;

describe('a tick with nothing to do', { skip: skipWithoutServer || skipWithoutTemporal }, () => {
  let place: ContinuousPlace;
  let api: ApiServer;
  before(async () => {
    [place, api] = await Promise.all([ContinuousPlace.open(), ApiServer.start()]);
    await place.startWorker();
  });
  after(async () => {
    await api.stop();
    await place.close();
  });

  const input = (): TickInput => ({
    name: 'idle',
    sync: { source: { stac: api.url, collection: 'sentinel-2-l2a' }, lookbackDays: 30 },
    campaign: { card: 's2' },
  });
  const runTick = (id: string) =>
    place.client.workflow.execute<typeof tick>('tick', {
      workflowId: `tick/${id}`,
      taskQueue: ORCHESTRATOR_QUEUE,
      args: [input()],
    });
  const latest = async (workflowId: string): Promise<{ events: number; bytes: number }> => {
    const { historyLength, historySize } = await place.client.workflow.getHandle(workflowId).describe();
    return { events: historyLength, bytes: historySize ?? NaN };
  };
  const runs = async (type: string): Promise<number> =>
    (await place.client.workflow.count(`WorkflowType = '${type}'`)).count;
  /** Every row of our schema and of CbM's tables by its last writer. */
  const writers = (): Promise<unknown[]> =>
    query(
      place.database.pool,
      `SELECT xmin::text, 'catalogue' AS what, id::text FROM dias_catalogue
       UNION ALL SELECT xmin::text, 'product', obsid::text FROM parcelwise.product
       UNION ALL SELECT xmin::text, 'extraction', obsid::text FROM parcelwise.extraction
       UNION ALL SELECT xmin::text, 'sweep', '' FROM parcelwise.sweep
       ORDER BY 2, 3`,
    );

  it('starts no campaign and writes nothing, in a few events', async () => {
    // December: within the last 30 days of the period, which are all that is looked at once the whole was read.
    const scene = tinyProduct(12, 20);
    await place.upload(scene);
    api.items.push(tinyItem(scene, basename(place.bucket)));
    assert.deepEqual(await runTick('busy'), { entered: 1, ended: { extracted: 1 }, gaps: [] });
    assert.equal(await runs('campaign'), 1);

    const before = await writers();
    api.asked.length = 0;
    assert.deepEqual(await runTick('idle'), { entered: 0, ended: {}, gaps: [] });
    assert.deepEqual(await writers(), before);
    assert.equal(await runs('campaign'), 1, 'no other campaign');
    assert.equal(api.asked.length, 1, 'one page is asked for');
    const [tick, sync] = await Promise.all([latest('tick/idle'), latest('sync/idle')]);
    assert.ok(tick.events + sync.events <= EVENTS, `${tick.events} and ${sync.events} events`);
    assert.ok(tick.bytes + sync.bytes <= HISTORY_BYTES, `${tick.bytes} and ${sync.bytes} bytes`);
  });

  it('of a schedule that leaves the sync to others is one workflow', async () => {
    const report = await place.client.workflow.execute<typeof tick>('tick', {
      workflowId: 'tick/alone',
      taskQueue: ORCHESTRATOR_QUEUE,
      args: [{ name: 'alone', campaign: { card: 's2' } }],
    });
    assert.deepEqual(report, { entered: null, ended: {}, gaps: [] });
    const { events } = await latest('tick/alone');
    assert.ok(events <= 11, `${events} events`);
  });

  it('tells of a campaign that can never run', async () => {
    await assert.rejects(
      place.client.workflow.execute<typeof tick>('tick', {
        workflowId: 'tick/wrong',
        taskQueue: ORCHESTRATOR_QUEUE,
        args: [{ name: 'wrong', campaign: { card: 's2', tables: { parcels: 'nowhere' } } }],
      }),
      (error: Error) => {
        assert.match((error.cause as Error).message, /campaign: .*nowhere/);
        return true;
      },
    );
  });
});
