/** What becomes of a scene's claim when it fails, is cancelled or loses it, on a real Temporal server. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type { SceneTask } from '../../activities/contract.js';
import { failure, untilCancelled } from './mock-site.js';
import { failureOf, skipWithoutTemporal, until, WorkflowServer } from './server.js';

describe('the claim of a scene', { skip: skipWithoutTemporal }, () => {
  let server: WorkflowServer;
  before(async () => {
    server = await WorkflowServer.start();
  });
  after(() => server.stop());

  it('leaves everything as it is when the claim is lost', async () => {
    const site = server.use(1);
    site.instead.copyChunk = () => (task) => {
      Object.assign(site.scene(task.scene.obsid), { owner: 'another run' });
      throw failure('ClaimLost', 'scene 1 is not claimed by us any more');
    };
    assert.equal((await (await server.startScene()).result()).status, 'skipped');
    assert.deepEqual([site.count('mark'), site.count('release')], [0, 0]);
    assert.deepEqual([site.statuses, site.scene(1).owner], [['inprogress'], 'another run']);
  });

  it("is told with its owner's place where that is another one", async () => {
    const site = server.use(1);
    const owner = { workflowId: 'scene/x/1', runId: 'r' };
    site.instead.claim = () => () =>
      Promise.resolve({ claimed: false, status: 'inprogress', owner, elsewhere: 'namespace theirs' });
    const { reason } = await (await server.startScene()).result();
    assert.equal(reason, 'not ours to take: inprogress, owned by scene/x/1 in namespace theirs');
  });

  it('is given back, with a reason, when nothing helped', async () => {
    const site = server.use(1);
    site.instead.copyChunk = () => () => {
      throw ApplicationFailure.nonRetryable('deadlock detected', 'Transient');
    };
    const error = await failureOf((await server.startScene()).result());
    assert.equal(error.message, 'given back to ingested: deadlock detected');
    assert.deepEqual([site.statuses, [...site.staged]], [['ingested'], []]);
  });

  it("does not keep a claim whose activity's answer was lost", async () => {
    const site = server.use(1);
    site.instead.claim = (usual) => async (task) => {
      await usual(task);
      throw ApplicationFailure.nonRetryable('Connection terminated unexpectedly', 'Transient');
    };
    const error = await failureOf((await server.startScene()).result());
    assert.match(error.message, /^given back to ingested: Connection terminated/);
    assert.deepEqual(site.statuses, ['ingested']);
  });

  for (const moment of ['claim', 'mark', 'extractAndCopyChunk'] as const) {
    it(`gives the claim back when cancelled in ${moment}, whether or not that had its effect`, async () => {
      for (const late of [false, true]) {
        const site = server.use(1);
        const block = (usual: (task: never) => Promise<unknown>) => async (task: SceneTask) => {
          // Done, but the answer comes after the cancellation.
          if (late && moment === 'claim') await usual(task as never);
          return await untilCancelled();
        };
        site.instead[moment] = block as never;
        const handle = await server.startScene();
        await until(`the scene is in ${moment}`, () => site.count(moment) > 0);
        await handle.cancel();
        assert.ok((await failureOf(handle.result())) instanceof CancelledFailure);
        assert.deepEqual([site.statuses, [...site.staged]], [['ingested'], []]);
      }
    });
  }

  it('gives the claim back when cancelled while it is marked with a word', async () => {
    const site = server.use(1);
    site.instead.stage = () => () => {
      throw failure('SceneIncomplete', 'nothing there', 'S2_nopath');
    };
    site.instead.mark = () => untilCancelled;
    const handle = await server.startScene();
    await until('the scene is being marked', () => site.count('mark') === 1);
    await handle.cancel();
    assert.ok((await failureOf(handle.result())) instanceof CancelledFailure);
    assert.deepEqual(site.statuses, ['ingested']);
  });

  it('is skipped when the claim is lost while it is marked with a word', async () => {
    const site = server.use(1);
    site.instead.claim = (usual) => async (task) => ({ ...(await usual(task)), parcels: false }) as never;
    site.instead.mark = () => () => {
      throw failure('ClaimLost', 'scene 1 is not ours any more');
    };
    assert.equal((await (await server.startScene()).result()).status, 'skipped');
    assert.equal(site.count('release'), 0);
  });
});
