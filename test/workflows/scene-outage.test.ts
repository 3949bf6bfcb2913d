/** What passes by itself, on a real Temporal server: faults, deploys, a database that is away, a full disk. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { activity } from '../../activities/activity.js';
import { away, failure } from './mock-activities.js';
import { skipWithoutTemporal, until, WorkflowServer } from './server.js';

describe('a scene that has to wait', { skip: skipWithoutTemporal }, () => {
  let server: WorkflowServer;
  before(async () => {
    server = await WorkflowServer.start();
  });
  after(() => server.stop());

  it('tries again what may pass by itself', async () => {
    const mock = server.use(1);
    mock.instead.planOrFinish = (usual) => (task) => {
      if (mock.count('planOrFinish') < 3) throw failure('Transient', 'connection refused');
      return usual(task);
    };
    assert.equal((await (await server.startScene()).result()).status, 'extracted');
    assert.equal(mock.count('stage'), 1);
  });

  it('outlasts two hundred deploys: they use up no budget of retries', async () => {
    const mock = server.use(1);
    const deploys: Partial<Record<string, number>> = {
      claim: 20,
      stage: 100,
      planOrFinish: 20,
      extractAndCopyChunk: 20,
    };
    Object.assign(deploys, { copyChunk: 20, mark: 20 });
    const interrupted = { ...deploys };
    for (const step of [
      'claim',
      'stage',
      'planOrFinish',
      'extractAndCopyChunk',
      'copyChunk',
      'mark',
    ] as const)
      mock.instead[step] = ((usual: (task: never) => Promise<unknown>) => (task: never) => {
        interrupted[step]! -= 1;
        if (interrupted[step]! >= 0) throw away('WorkerStopped', 'the worker was told to stop');
        return usual(task);
      }) as never;
    const handle = await server.startScene();
    assert.equal((await handle.result()).status, 'extracted');
    for (const [step, times] of Object.entries(deploys))
      assert.ok(mock.count(step as 'stage') > times!, step);
    assert.deepEqual([mock.count('release'), mock.statuses], [0, ['extracted']]);
  });

  it('is asked again a second after a deploy, not later with every one', async () => {
    const mock = server.use(1);
    const deploys = 5;
    mock.instead.stage = (usual) => (task) =>
      mock.count('stage') > deploys
        ? usual(task)
        : activity(
            ({ signal }) =>
              new Promise<never>((_, reject) => {
                signal.addEventListener('abort', () => {
                  reject(new Error('aborted'));
                });
              }),
          )();
    const handle = await server.startScene();
    const began = Date.now();
    for (let i = 1; i <= deploys; i++) {
      await until(`attempt ${i} is under way`, () => mock.count('stage') === i);
      await server.deployStage();
      const { raw } = await handle.describe();
      const [pending] = raw.pendingActivities ?? [];
      assert.equal(pending?.lastFailure?.applicationFailureInfo?.type, 'WorkerStopped');
    }
    assert.equal((await handle.result()).status, 'extracted');
    // Temporal's own pauses would add up to 31 s.
    assert.ok(Date.now() - began < 20_000, `${Date.now() - began} ms`);
  });

  it('waits for the database and for room on the disk, however long, and says so', async () => {
    const mock = server.use(1);
    let asked = 0;
    mock.instead.stage = (usual) => (task) => {
      asked += 1;
      if (asked < 40) throw away('Outage', 'nothing listens there');
      if (asked < 80) throw away('DiskFull', 'waiting for disk space on /scratch: needs 2 GB, has 1 GB');
      if (mock.statuses[0] === 'inprogress' && !open)
        throw away('DiskFull', 'waiting for disk space on /scratch');
      return usual(task);
    };
    let open = false;
    const handle = await server.startScene();
    await until('it tells that it waits', async () => {
      const told = await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata');
      return told.currentDetails.includes('- waiting: waiting for disk space on /scratch');
    });
    open = true;
    assert.equal((await handle.result()).status, 'extracted');
    const told = await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata');
    assert.doesNotMatch(told.currentDetails, /waiting/);
  });
});
