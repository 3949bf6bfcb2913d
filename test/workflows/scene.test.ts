/** The life of a scene on a real Temporal server: what follows from each failure, wherever it strikes. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { activity } from '../../activities/activity.js';
import type { FailureType, SceneTask } from '../../activities/contract.js';
import { failure, hostQueue, untilCancelled } from './mock-site.js';
import { failureOf, skipWithoutTemporal, until, WorkflowServer } from './server.js';

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
    const site = server.use(1);
    const outcome = await (await server.startScene()).result();
    assert.deepEqual(outcome, { status: 'extracted', reason: '', parcels: 20, rows: 60 });
    assert.deepEqual(site.calls.slice(0, 3), ['claim 1', 'stage 1', 'plan 1']);
    const chunks = site.calls.slice(3, 7);
    for (const chunk of [0, 1]) {
      const [extracted, copied] = [`extractChunk 1 ${chunk}`, `copyChunk 1 ${chunk}`].map((call) =>
        chunks.indexOf(call),
      );
      assert.ok(extracted! >= 0 && copied! > extracted!, chunks.join(', '));
    }
    assert.deepEqual(site.calls.slice(7), ['discard 1', 'mark 1']);
    assert.deepEqual([site.statuses, [...site.staged]], [['extracted'], []]);
  });

  it('is marked at once where its host went on to the last row and removed the files', async () => {
    const site = server.use(1);
    site.instead.plan = (usual) => async (task) => ({
      ...(await usual(task)),
      pending: [],
      finished: { rows: 60 },
    });
    const handle = await server.startScene();
    assert.deepEqual((await handle.result()).status, 'extracted');
    assert.deepEqual(site.calls, ['claim 1', 'stage 1', 'plan 1', 'mark 1']);
    const { events } = await handle.fetchHistory();
    // Claim and mark are done within the workflow's own tasks, of which there are three.
    const count = (type: number): number =>
      events!.filter(({ eventType }) => Number(eventType) === type).length;
    assert.deepEqual([count(ACTIVITY_SCHEDULED), count(TASK_COMPLETED)], [2, 3]);
  });

  it('to renew is staged only where parcels have changed', async () => {
    const site = server.use(1);
    const order = { ...site.order, changedOnly: true };
    assert.equal((await (await server.startScene(1, { order })).result()).status, 'extracted');
    assert.deepEqual(site.calls, ['claim 1', 'renew 1', 'mark 1']);

    const other = server.use(1);
    other.instead.renew = () => () => Promise.resolve({ added: 1, redrawn: 2, gone: 0, pending: 1 });
    // Its parcels may all be gone by now; what was extracted of it stays.
    other.instead.claim = (usual) => async (task) => ({ ...(await usual(task)), parcels: false }) as never;
    assert.equal(
      (await (await server.startScene(1, { order: { ...other.order, changedOnly: true } })).result()).status,
      'extracted',
    );
    assert.deepEqual(other.calls.slice(0, 4), ['claim 1', 'renew 1', 'stage 1', 'plan 1']);
  });

  for (const step of ['claim', 'mark'] as const) {
    it(`becomes an ordinary activity in ${step} where the database does not answer at once`, async () => {
      const site = server.use(1);
      let refused = 0;
      const refuse =
        (usual: (...args: never[]) => Promise<unknown>) =>
        (...args: never[]) => {
          if (++refused > 2) return usual(...args);
          throw failure('Transient', 'the database is starting up');
        };
      site.instead[step] = refuse as never;
      assert.equal((await (await server.startScene()).result()).status, 'extracted');
      assert.equal(site.count(step), 3);
    });
  }

  it('tells a reader of the Web UI how it ended and why', async () => {
    const site = server.use(1);
    site.instead.stage = () => () => {
      throw failure('SceneIncomplete', 'there is no object B08.jp2', 'B08 notfound');
    };
    const handle = await server.startScene();
    await handle.result();
    const { currentDetails } = await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata');
    assert.match(
      currentDetails,
      /\*\*B08 notfound\*\*: scene 1 \(s2\)[^]*SCENE_1[^]*there is no object B08\.jp2/,
    );
    assert.equal(site.statuses[0], 'B08 notfound');
  });

  it('is not staged where no parcel lies under it', async () => {
    const site = server.use(1);
    site.instead.claim = (usual) => async (task) => ({ ...(await usual(task)), parcels: false }) as never;
    assert.equal((await (await server.startScene()).result()).status, 'no_parcels');
    assert.deepEqual(site.calls, ['claim 1', 'mark 1']);
  });

  it('is not staged where a newer scene is to be extracted in its place', async () => {
    const site = server.use(1);
    const verdict = { status: 'superseded', reason: 'scene 2 is newer' };
    site.instead.claim = (usual) => async (task) => {
      const claim = await usual(task);
      return claim.claimed ? { ...claim, verdict } : claim;
    };
    const outcome = await (await server.startScene()).result();
    assert.deepEqual([outcome.status, outcome.reason], ['superseded', 'scene 2 is newer']);
    assert.deepEqual([site.statuses, site.calls], [['superseded'], ['claim 1', 'mark 1']]);
  });

  it('is staged elsewhere when its host is gone, and its stored chunks are not computed again', async () => {
    const site = server.use(1);
    const queues = [hostQueue('a'), hostQueue('gone'), hostQueue('b')];
    site.instead.stage = () => () => Promise.resolve({ host: 'any', queue: queues.shift()!, bytes: 1 });
    let lost = false;
    site.instead.extractChunk = (usual) => (task) => {
      if (task.chunk.chunk === 0 || lost) return usual(task);
      return until('the first chunk is stored', () => site.stored.has('1 0')).then(() => {
        lost = true;
        throw failure('NotStaged', 'the scene is not staged on this host any more');
      });
    };
    const outcome = await (await server.startScene(1, { hostSilenceSeconds: 1 })).result();
    assert.equal(outcome.status, 'extracted');
    assert.deepEqual(
      [site.count('stage'), site.calls.filter((call) => call === 'extractChunk 1 0').length],
      [3, 1],
    );
  });

  it('is given back when three hosts are gone', async () => {
    const site = server.use(1);
    site.instead.stage = () => () => Promise.resolve({ host: 'gone', queue: hostQueue('gone'), bytes: 1 });
    const error = await failureOf((await server.startScene(1, { hostSilenceSeconds: 1 })).result());
    assert.ok(error instanceof ApplicationFailure);
    assert.equal(error.type, 'GivenBack');
    assert.match(error.message, /no answer in time \(SCHEDULE_TO_START\)/);
    assert.deepEqual([site.count('stage'), site.statuses], [3, ['ingested']]);
  });

  it('is fetched once more when a raster can not be read, and ends in a word when it still can not', async () => {
    const site = server.use(2);
    site.instead.plan = (usual) => (task) => {
      if (task.scene.obsid === 1 || site.count('plan', 2) === 1)
        throw failure('BadRaster', 'B04.jp2: no SOC marker');
      return usual(task);
    };
    const outcome = await (await server.startScene(1)).result();
    assert.deepEqual([outcome.status, outcome.reason], ['bad_raster', 'B04.jp2: no SOC marker']);
    assert.deepEqual([site.count('stage', 1), site.count('discard', 1)], [2, 2]);
    assert.equal((await (await server.startScene(2)).result()).status, 'extracted');
    assert.deepEqual(site.statuses, ['bad_raster', 'extracted']);
  });

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

  it('tries again what may pass by itself', async () => {
    const site = server.use(1);
    site.instead.plan = (usual) => (task) => {
      if (site.count('plan') < 3) throw failure('Transient', 'connection refused');
      return usual(task);
    };
    assert.equal((await (await server.startScene()).result()).status, 'extracted');
    assert.equal(site.count('stage'), 1);
  });

  /** As a step fails once all of Temporal's own attempts are used up. */
  const away = (type: FailureType, message: string): ApplicationFailure =>
    ApplicationFailure.nonRetryable(message, type);

  it('outlasts two hundred deploys: they use up no budget of retries', async () => {
    const site = server.use(1);
    const deploys: Partial<Record<string, number>> = { claim: 20, stage: 100, plan: 20, extractChunk: 20 };
    Object.assign(deploys, { copyChunk: 20, mark: 20 });
    const interrupted = { ...deploys };
    for (const step of ['claim', 'stage', 'plan', 'extractChunk', 'copyChunk', 'mark'] as const)
      site.instead[step] = ((usual: (task: never) => Promise<unknown>) => (task: never) => {
        interrupted[step]! -= 1;
        if (interrupted[step]! >= 0) throw away('WorkerStopped', 'the worker was told to stop');
        return usual(task);
      }) as never;
    const handle = await server.startScene();
    assert.equal((await handle.result()).status, 'extracted');
    for (const [step, times] of Object.entries(deploys))
      assert.ok(site.count(step as 'stage') > times!, step);
    assert.deepEqual([site.count('release'), site.statuses], [0, ['extracted']]);
  });

  it('is asked again a second after a deploy, not later with every one', async () => {
    const site = server.use(1);
    const deploys = 5;
    site.instead.stage = (usual) => (task) =>
      site.count('stage') > deploys
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
      await until(`attempt ${i} is under way`, () => site.count('stage') === i);
      await server.deployStage();
      const { raw } = await handle.describe();
      const [pending] = raw.pendingActivities ?? [];
      assert.equal(pending?.lastFailure?.applicationFailureInfo?.type, 'WorkerStopped');
    }
    assert.equal((await handle.result()).status, 'extracted');
    // Temporal's own pauses would add up to 31 s.
    assert.ok(Date.now() - began < 20_000, `${Date.now() - began} ms`);
  });

  it('outlasts deploys that take its staged files along', async () => {
    const site = server.use(1);
    let deploys = 0;
    site.instead.plan = (usual) => (task) => {
      if (deploys++ < 15) throw failure('NotStaged', 'the scene is not staged on this host any more');
      return usual(task);
    };
    assert.equal((await (await server.startScene()).result()).status, 'extracted');
    assert.equal(site.count('stage'), 16);
  });

  it('waits for the database and for room on the disk, however long, and says so', async () => {
    const site = server.use(1);
    let asked = 0;
    site.instead.stage = (usual) => (task) => {
      asked += 1;
      if (asked < 40) throw away('Outage', 'nothing listens there');
      if (asked < 80) throw away('DiskFull', 'waiting for disk space on /scratch: needs 2 GB, has 1 GB');
      if (site.statuses[0] === 'inprogress' && !open)
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

  it('leaves a host whose disk stays full, and takes its files along', async () => {
    const site = server.use(1);
    let full = 0;
    site.instead.extractChunk = (usual) => (task) => {
      if (full++ < 6) throw away('DiskFull', 'waiting for disk space on /scratch');
      return usual(task);
    };
    assert.equal((await (await server.startScene()).result()).status, 'extracted');
    assert.ok(site.count('stage') > 1 && site.count('discard') === site.count('stage'));
    assert.deepEqual([site.count('release'), [...site.staged]], [0, []]);
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

  for (const moment of ['claim', 'mark', 'extractChunk'] as const) {
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
