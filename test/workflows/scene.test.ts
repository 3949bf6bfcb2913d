/** The course of a scene on a real Temporal server, and the ends it comes to. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { failure } from './mock-activities.js';
import { skipWithoutTemporal, WorkflowServer } from './server.js';

/** temporal.api.enums.v1.EventType. */
const TASK_COMPLETED = 7;
const ACTIVITY_SCHEDULED = 10;

describe('scene', { skip: skipWithoutTemporal }, () => {
  let server: WorkflowServer;
  before(async () => {
    server = await WorkflowServer.start();
  });
  after(() => server.stop());

  it('is claimed, staged, planned, extracted and copied chunk by chunk, discarded and marked', async () => {
    const mock = server.use(1);
    const outcome = await (await server.startScene()).result();
    assert.deepEqual(outcome, { status: 'extracted', reason: '', parcels: 20, rows: 60, stored: 60 });
    assert.deepEqual(mock.calls.slice(0, 3), ['claim 1', 'stage 1', 'planOrFinish 1']);
    const chunks = mock.calls.slice(3, 7);
    for (const chunk of [0, 1]) {
      const [extracted, copied] = [`extractAndCopyChunk 1 ${chunk}`, `copyChunk 1 ${chunk}`].map((call) =>
        chunks.indexOf(call),
      );
      assert.ok(extracted! >= 0 && copied! > extracted!, chunks.join(', '));
    }
    assert.deepEqual(mock.calls.slice(7), ['discard 1', 'mark 1']);
    assert.deepEqual([mock.statuses, [...mock.staged]], [['extracted'], []]);
  });

  it('goes on by the older names of steps on a host of 0.1.0', async () => {
    const mock = server.use(1);
    mock.instead.stage = (usual) => async (task) => {
      const { host, queue, bytes } = await usual(task);
      return { host, queue, bytes };
    };
    assert.equal((await (await server.startScene()).result()).status, 'extracted');
    assert.deepEqual([mock.count('plan'), mock.count('extractChunk')], [1, 2]);
    assert.deepEqual([mock.count('planOrFinish'), mock.count('extractAndCopyChunk')], [0, 0]);
  });

  it('asks for no rows of a chunk that its host went on to store', async () => {
    const mock = server.use(1);
    const accounts = { parcels: 10, rows: 29, hists: 10, gaps: { B04: { 'no-data': 1 } } };
    mock.instead.extractAndCopyChunk = (usual) => async (task) =>
      task.chunk.chunk === 0 ? { ...accounts, stored: true } : await usual(task);
    assert.equal((await (await server.startScene()).result()).status, 'extracted');
    assert.deepEqual(
      mock.calls.filter((call) => call.startsWith('copyChunk')),
      ['copyChunk 1 1'],
    );
  });

  it('is marked at once where its host went on to the last row and removed the files', async () => {
    const mock = server.use(1);
    mock.instead.planOrFinish = (usual) => async (task) => ({
      ...(await usual(task)),
      pending: [],
      finished: { rows: 60 },
    });
    const handle = await server.startScene();
    assert.deepEqual((await handle.result()).status, 'extracted');
    assert.deepEqual(mock.calls, ['claim 1', 'stage 1', 'planOrFinish 1', 'mark 1']);
    const { events } = await handle.fetchHistory();
    // Claim and mark are done within the workflow's own tasks, of which there are three.
    const count = (type: number): number =>
      events!.filter(({ eventType }) => Number(eventType) === type).length;
    assert.deepEqual([count(ACTIVITY_SCHEDULED), count(TASK_COMPLETED)], [2, 3]);
  });

  it('to renew is staged only where parcels have changed', async () => {
    const mock = server.use(1);
    const order = { ...mock.order, changedOnly: true };
    assert.equal((await (await server.startScene(1, { order })).result()).status, 'extracted');
    assert.deepEqual(mock.calls, ['claim 1', 'renew 1', 'mark 1']);

    const other = server.use(1);
    other.instead.renew = () => () => Promise.resolve({ added: 1, redrawn: 2, gone: 0, pending: 1 });
    // Its parcels may all be gone by now; what was extracted of it stays.
    other.instead.claim = (usual) => async (task) => ({ ...(await usual(task)), parcels: false }) as never;
    assert.equal(
      (await (await server.startScene(1, { order: { ...other.order, changedOnly: true } })).result()).status,
      'extracted',
    );
    assert.deepEqual(other.calls.slice(0, 4), ['claim 1', 'renew 1', 'stage 1', 'planOrFinish 1']);
  });

  it('to add to is staged for what it lacks, and not at all where it lacks nothing any more', async () => {
    const mock = server.use(1);
    mock.instead.claim = (usual) => async (task) => ({ ...(await usual(task)), bands: [] }) as never;
    const order = { ...mock.order, add: true };
    assert.equal((await (await server.startScene(1, { order })).result()).status, 'extracted');
    assert.deepEqual(mock.calls, ['claim 1', 'mark 1']);

    const other = server.use(1);
    other.instead.claim = (usual) => async (task) =>
      ({ ...(await usual(task)), bands: [], clearBands: ['B04'] }) as never;
    await (await server.startScene(1, { order })).result();
    assert.deepEqual(other.calls.slice(0, 3), ['claim 1', 'stage 1', 'planOrFinish 1']);
  });

  for (const step of ['claim', 'mark'] as const) {
    it(`becomes an ordinary activity in ${step} where the database does not answer at once`, async () => {
      const mock = server.use(1);
      let refused = 0;
      const refuse =
        (usual: (...args: never[]) => Promise<unknown>) =>
        (...args: never[]) => {
          if (++refused > 2) return usual(...args);
          throw failure('Transient', 'the database is starting up');
        };
      mock.instead[step] = refuse as never;
      assert.equal((await (await server.startScene()).result()).status, 'extracted');
      assert.equal(mock.count(step), 3);
    });
  }

  it('tells a reader of the Web UI how it ended and why', async () => {
    const mock = server.use(1);
    mock.instead.stage = () => () => {
      throw failure('SceneIncomplete', 'there is no object B08.jp2', 'B08 notfound');
    };
    const handle = await server.startScene();
    await handle.result();
    const { currentDetails } = await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata');
    assert.match(
      currentDetails,
      /\*\*B08 notfound\*\*: scene 1 \(s2\)[^]*SCENE_1[^]*there is no object B08\.jp2/,
    );
    assert.equal(mock.statuses[0], 'B08 notfound');
  });

  it('shows on its board the chunks that are stored, and the rows of those that this run has stored', async () => {
    const mock = server.use(1);
    // Of three chunks one was stored before; of the other two one is stored by its first step, with 1,234 rows.
    mock.instead.planOrFinish = (usual) => async (task) => {
      const plan = await usual(task);
      return { ...plan, chunks: plan.chunks + 1, cloudy: { parcels: 1200, of: 3400 } };
    };
    const accounts = { parcels: 10, rows: 1234, hists: 10, gaps: {} };
    mock.instead.extractAndCopyChunk = (usual) => async (task) =>
      task.chunk.chunk === 0 ? { ...accounts, stored: true } : await usual(task);
    const handle = await server.startScene();
    await handle.result();
    const { currentDetails } = await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata');
    assert.match(
      currentDetails,
      /- parcels met: 20\n- chunks stored: 3 of 3\n- rows stored by this run: 1,264\n/,
    );
    assert.match(currentDetails, /\n- cloudy: 1,200 of 3,400 parcels, which are left out\n/);
  });

  it('shows the rows of a scene that its host has finished at once', async () => {
    const mock = server.use(1);
    mock.instead.planOrFinish = (usual) => async (task) => ({
      ...(await usual(task)),
      pending: [],
      finished: { rows: 61 },
    });
    const handle = await server.startScene();
    await handle.result();
    const { currentDetails } = await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata');
    assert.match(currentDetails, /- chunks stored: 2 of 2\n- rows stored by this run: 61\n/);
  });

  it('is not staged where no parcel lies under it', async () => {
    const mock = server.use(1);
    mock.instead.claim = (usual) => async (task) => ({ ...(await usual(task)), parcels: false }) as never;
    assert.equal((await (await server.startScene()).result()).status, 'no_parcels');
    assert.deepEqual(mock.calls, ['claim 1', 'mark 1']);
  });

  // Workers of 0.1.0 say it by the older name.
  for (const name of ['terminal', 'verdict']) {
    it(`is not staged where a newer scene is to be extracted in its place, as the claim's ${name} says`, async () => {
      const mock = server.use(1);
      mock.instead.claim = (usual) => async (task) => {
        const claim = await usual(task);
        return claim.claimed
          ? { ...claim, [name]: { status: 'superseded', reason: 'scene 2 is newer' } }
          : claim;
      };
      const outcome = await (await server.startScene()).result();
      assert.deepEqual([outcome.status, outcome.reason], ['superseded', 'scene 2 is newer']);
      assert.deepEqual([mock.statuses, mock.calls], [['superseded'], ['claim 1', 'mark 1']]);
    });
  }

  it('is fetched once more when a raster can not be read, and ends in a word when it still can not', async () => {
    const mock = server.use(2);
    mock.instead.planOrFinish = (usual) => (task) => {
      if (task.scene.obsid === 1 || mock.count('planOrFinish', 2) === 1)
        throw failure('BadRaster', 'B04.jp2: no SOC marker');
      return usual(task);
    };
    const outcome = await (await server.startScene(1)).result();
    assert.deepEqual([outcome.status, outcome.reason], ['bad_raster', 'B04.jp2: no SOC marker']);
    assert.deepEqual([mock.count('stage', 1), mock.count('discard', 1)], [2, 2]);
    assert.equal((await (await server.startScene(2)).result()).status, 'extracted');
    assert.deepEqual(mock.statuses, ['bad_raster', 'extracted']);
  });
});
