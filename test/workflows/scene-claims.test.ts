/** What becomes of a scene's claim when it fails, is cancelled or loses it, on a real Temporal server. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type { SceneTask } from '../../activities/contract.js';
import { failure, untilCancelled } from './mock-activities.js';
import { failureOf, skipWithoutTemporal, until, WorkflowServer } from './server.js';

describe('the claim of a scene', { skip: skipWithoutTemporal }, () => {
  let server: WorkflowServer;
  before(async () => {
    server = await WorkflowServer.start();
  });
  after(() => server.stop());

  it('leaves everything as it is when the claim is lost', async () => {
    const mock = server.use(1);
    mock.instead.copyChunk = () => (task) => {
      Object.assign(mock.scene(task.scene.obsid), { owner: 'another run' });
      throw failure('ClaimLost', 'scene 1 is not claimed by us any more');
    };
    assert.equal((await (await server.startScene()).result()).status, 'skipped');
    assert.deepEqual([mock.count('mark'), mock.count('release')], [0, 0]);
    assert.deepEqual([mock.statuses, mock.scene(1).owner], [['inprogress'], 'another run']);
  });

  it("is told with its owner's place where that is another one", async () => {
    const mock = server.use(1);
    const owner = { workflowId: 'scene/x/1', runId: 'r' };
    mock.instead.claim = () => () =>
      Promise.resolve({ claimed: false, status: 'inprogress', owner, elsewhere: 'namespace theirs' });
    const { reason } = await (await server.startScene()).result();
    assert.equal(reason, 'not ours to take: inprogress, owned by scene/x/1 in namespace theirs');
  });

  it('is given back, with a reason, when nothing helped', async () => {
    const mock = server.use(1);
    mock.instead.copyChunk = () => () => {
      throw ApplicationFailure.nonRetryable('deadlock detected', 'Transient');
    };
    const error = await failureOf((await server.startScene()).result());
    assert.equal(error.message, 'given back to ingested: deadlock detected');
    assert.deepEqual([mock.statuses, [...mock.staged]], [['ingested'], []]);
  });

  it("does not keep a claim whose activity's answer was lost", async () => {
    const mock = server.use(1);
    mock.instead.claim = (usual) => async (task) => {
      await usual(task);
      throw ApplicationFailure.nonRetryable('Connection terminated unexpectedly', 'Transient');
    };
    const error = await failureOf((await server.startScene()).result());
    assert.match(error.message, /^given back to ingested: Connection terminated/);
    assert.deepEqual(mock.statuses, ['ingested']);
  });

  for (const moment of ['claim', 'mark', 'extractAndCopyChunk'] as const) {
    it(`gives the claim back when cancelled in ${moment}, whether or not that had its effect`, async () => {
      for (const late of [false, true]) {
        const mock = server.use(1);
        const block = (usual: (task: never) => Promise<unknown>) => async (task: SceneTask) => {
          // Done, but the answer comes after the cancellation.
          if (late && moment === 'claim') await usual(task as never);
          return await untilCancelled();
        };
        mock.instead[moment] = block as never;
        const handle = await server.startScene();
        await until(`the scene is in ${moment}`, () => mock.count(moment) > 0);
        await handle.cancel();
        assert.ok((await failureOf(handle.result())) instanceof CancelledFailure);
        assert.deepEqual([mock.statuses, [...mock.staged]], [['ingested'], []]);
      }
    });
  }

  it('gives the claim back when cancelled while it is marked with a word', async () => {
    const mock = server.use(1);
    mock.instead.stage = () => () => {
      throw failure('SceneIncomplete', 'nothing there', 'S2_nopath');
    };
    mock.instead.mark = () => untilCancelled;
    const handle = await server.startScene();
    await until('the scene is being marked', () => mock.count('mark') === 1);
    await handle.cancel();
    assert.ok((await failureOf(handle.result())) instanceof CancelledFailure);
    assert.deepEqual(mock.statuses, ['ingested']);
  });

  it('is skipped when the claim is lost while it is marked with a word', async () => {
    const mock = server.use(1);
    mock.instead.claim = (usual) => async (task) => ({ ...(await usual(task)), parcels: false }) as never;
    mock.instead.mark = () => () => {
      throw failure('ClaimLost', 'scene 1 is not ours any more');
    };
    assert.equal((await (await server.startScene()).result()).status, 'skipped');
    assert.equal(mock.count('release'), 0);
  });
});
