/** Campaigns too long for one history, on a server of their own that asks for a new one early. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ApplicationFailure } from '@temporalio/common';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { pauseUpdate, progressQuery, resumeUpdate, setConcurrencyUpdate } from '../../workflows/messages.js';
import { failure, Gate } from './mock-activities.js';
import { quietRuntime } from './quiet.js';
import { failureOf, until, WorkflowServer } from './server.js';

const cli = process.env.TEMPORAL_CLI;
/** Events after which a new history is suggested: those of about three scenes. */
const EVENTS = 50;

describe(
  'a campaign too long for one history',
  { skip: cli === undefined && 'TEMPORAL_CLI is not set' },
  () => {
    let environment: TestWorkflowEnvironment;
    let server: WorkflowServer;
    before(async () => {
      quietRuntime();
      environment = await TestWorkflowEnvironment.createLocal({
        server: {
          executable: { type: 'existing-path', path: cli! },
          extraArgs: ['--dynamic-config-value', `limit.historyCount.suggestContinueAsNew=${EVENTS}`],
        },
      });
      server = await WorkflowServer.start(environment.address);
    });
    after(async () => {
      await server.stop();
      await environment.teardown();
    });

    it('goes on in a new one with nothing in flight, and loses no count', async () => {
      const mock = server.use(10);
      mock.pageSize = 4;
      let inFlight = 0;
      mock.instead.claim = (usual) => (task) => {
        inFlight += 1;
        return usual(task);
      };
      mock.instead.mark = (usual) => (task, terminal) => {
        inFlight -= 1;
        return usual(task, terminal);
      };
      const atListing: number[] = [];
      mock.instead.listScenes = (usual) => (order, after, limit) => {
        atListing.push(inFlight);
        return usual(order, after, limit);
      };
      const handle = await server.startCampaign({ concurrency: 2 });
      const progress = await handle.result();
      assert.deepEqual([progress.ended, progress.total, progress.rows], [{ extracted: 10 }, 10, 600]);
      const { runId } = await handle.describe();
      assert.notEqual(runId, handle.firstExecutionRunId, 'it did continue as new');
      assert.equal(mock.count('prepareCampaign'), 1, 'the order is made once');
      for (const obsid of mock.scenes.keys()) assert.equal(mock.count('claim', obsid), 1, `scene ${obsid}`);
      assert.ok(
        atListing.filter((scenes) => scenes === 0).length > 1,
        'each new history begins with nothing in flight',
      );
    });

    it('carries its pause and its concurrency along', async () => {
      const mock = server.use(9);
      const gate = new Gate();
      mock.instead.mark = gate.before;
      const handle = await server.startCampaign({ concurrency: 1 });
      await handle.executeUpdate(setConcurrencyUpdate, { args: [3] });
      gate.open();
      await until(
        'a new history began',
        async () => (await handle.describe()).runId !== handle.firstExecutionRunId,
      );
      const latest = server.client.workflow.getHandle(handle.workflowId);
      assert.equal((await latest.executeUpdate(pauseUpdate)).concurrency, 3);
      await until('nothing is in flight', async () => (await latest.query(progressQuery)).open.length === 0);
      await latest.executeUpdate(resumeUpdate);
      await handle.result();
      assert.deepEqual(mock.statuses, Array(9).fill('extracted'));
    });

    it('ends instead when the scenes it waits for show that nothing can work', async () => {
      const mock = server.use(40);
      const running = server.client.workflow.getHandle(`campaign/${mock.results}`);
      const draining = async (): Promise<boolean> =>
        (await running.query(progressQuery)).phase === 'draining';
      mock.instead.extractAndCopyChunk = () => async () => {
        await until('no more scenes are started', draining);
        throw failure('Misconfigured', 'a column is gone');
      };
      const handle = await server.startCampaign({ concurrency: 40 });
      const error = await failureOf(handle.result());
      assert.ok(error instanceof ApplicationFailure && error.type === 'Misconfigured');
      assert.equal((await handle.describe()).runId, handle.firstExecutionRunId);
      assert.ok(mock.count('claim') < 40, 'it was to go on in a new history');
    });
  },
);
