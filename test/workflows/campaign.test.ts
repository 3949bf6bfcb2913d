/** Campaigns on a real Temporal server, with made-up scenes. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { WorkflowFailedError, WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type { CampaignInput } from '../../campaigns/options.js';
import { ORCHESTRATOR_QUEUE, sceneId } from '../../workflows/ids.js';
import { pauseUpdate, progressQuery, resumeUpdate, setConcurrencyUpdate } from '../../workflows/messages.js';
import { failure, Gate, untilCancelled } from './mock-activities.js';
import { failureOf, skipWithoutTemporal, until, WorkflowServer } from './server.js';

describe('campaign', { skip: skipWithoutTemporal }, () => {
  let server: WorkflowServer;
  before(async () => {
    server = await WorkflowServer.start();
  });
  after(() => server.stop());

  it('extracts every scene, page after page', async () => {
    const mock = server.use(7);
    mock.pageSize = 3;
    const progress = await (await server.startCampaign()).result();
    assert.deepEqual(mock.statuses, Array(7).fill('extracted'));
    assert.equal(mock.count('listScenes'), 3);
    const { phase, total, ended, skipped, released, open, parcels, rows } = progress;
    assert.deepEqual(
      { phase, total, ended, skipped, released, open, parcels, rows },
      {
        phase: 'done',
        total: 7,
        ended: { extracted: 7 },
        skipped: 0,
        released: 0,
        open: [],
        parcels: 140,
        rows: 420,
      },
    );
    assert.equal(mock.staged.size, 0, 'scratch files were discarded');
  });

  it('tells rows that it stored apart from those that stood there', async () => {
    const mock = server.use(3);
    mock.instead.mark = (usual) => async (task, terminal) => {
      const accounts = await usual(task, terminal);
      // Of scene 1 a third was stored by an earlier run, of scene 2 all; a worker of before does not tell.
      return accounts && { ...accounts, fresh: [40, 0, undefined][task.scene.obsid - 1] };
    };
    const { rows, stood } = await (await server.startCampaign()).result();
    assert.deepEqual({ rows, stood }, { rows: 40 + 60, stood: 20 + 60 });
  });

  it('says what it waits for while nothing moves, in its progress and in the Web UI, and no longer', async () => {
    const mock = server.use(2);
    mock.hindrances = ['no extractor asks for work'];
    const gate = new Gate();
    mock.instead.stage = gate.before;
    const handle = await server.startCampaign({ concurrency: 2, hostSilenceSeconds: 5 });
    await until('both are to be staged', () => mock.count('stage') === 2);
    const began = Date.now();
    const hindrances = async () => (await handle.query(progressQuery)).hindrances;
    assert.equal(await hindrances(), undefined);
    await until(
      'it says so',
      async () => (await hindrances())?.join() === '2 scenes: no extractor asks for work',
    );
    assert.ok(Date.now() - began > 8_000, 'not before nothing has moved for twice the silence of a host');
    gate.open();
    const { ended, hindrances: last } = await handle.result();
    assert.deepEqual([ended, last], [{ extracted: 2 }, undefined]);
    assert.equal(mock.count('findHindrances'), 1);
  });

  it('ends at once where the catalogue has no scene to do', async () => {
    server.use(0);
    const progress = await (await server.startCampaign()).result();
    assert.equal(progress.total, 0);
    assert.deepEqual(progress.ended, {});
  });

  it('keeps as many scenes in flight as asked for, and follows setConcurrency', async () => {
    const mock = server.use(6);
    const gates = Array.from({ length: 6 }, () => new Gate());
    let open = 0;
    let most = 0;
    mock.instead.claim = (usual) => async (task) => {
      most = Math.max(most, ++open);
      await gates[task.scene.obsid - 1]!.passed;
      open -= 1;
      return await usual(task);
    };
    const handle = await server.startCampaign({ concurrency: 2 });
    await until('two scenes are claiming', () => open === 2);
    assert.deepEqual(
      (await handle.query(progressQuery)).open.map(({ obsid }) => obsid),
      [1, 2],
    );
    gates[0]!.open();
    await until('a third took the place of the first', () => mock.count('claim', 3) === 1);
    assert.equal(most, 2);
    assert.equal((await handle.executeUpdate(setConcurrencyUpdate, { args: [4] })).concurrency, 4);
    await until('four scenes are claiming', () => open === 4);
    for (const gate of gates) gate.open();
    await handle.result();
    assert.equal(most, 4);
  });

  it('lets running scenes finish while paused, starts none, and goes on when resumed', async () => {
    const mock = server.use(3);
    const gate = new Gate();
    mock.instead.mark = gate.before;
    const handle = await server.startCampaign({ concurrency: 1 });
    await until('the first scene is to be marked', () => mock.count('mark') === 1);
    assert.equal((await handle.executeUpdate(pauseUpdate)).phase, 'paused');
    gate.open();
    await until('the first scene is extracted', () => mock.statuses[0] === 'extracted');
    await until('nothing is in flight', async () => (await handle.query(progressQuery)).open.length === 0);
    assert.equal(mock.count('claim'), 1);
    assert.equal((await handle.executeUpdate(resumeUpdate)).phase, 'running');
    await handle.result();
    assert.deepEqual(mock.statuses, ['extracted', 'extracted', 'extracted']);
  });

  it('refuses a concurrency that is no whole number from 1 to 500', async () => {
    const mock = server.use(1);
    const gate = new Gate();
    mock.instead.claim = (usual) => async (task) => {
      await gate.passed;
      return await usual(task);
    };
    const handle = await server.startCampaign();
    for (const wrong of [0, -1, 1.5, 501, '4' as unknown as number, null as unknown as number]) {
      await assert.rejects(handle.executeUpdate(setConcurrencyUpdate, { args: [wrong] }), (error) => {
        assert.ok(error instanceof WorkflowUpdateFailedError);
        assert.match(String(error.cause?.message), /whole number from 1 to 500/);
        return true;
      });
    }
    assert.equal((await handle.query(progressQuery)).concurrency, 4);
    gate.open();
    await handle.result();
  });

  it('fails at once for a wrong input, naming each wrong field', async () => {
    const mock = server.use(1);
    const wrong = {
      card: 's3',
      concurrency: 501,
      period: { start: 'May' },
      aoi: { nmae: 'here' },
      bands: [],
      hostSilenceSeconds: 1,
      password: 'x',
    } as unknown as CampaignInput;
    const error = await failureOf((await server.startCampaign(wrong)).result());
    assert.ok(error instanceof ApplicationFailure);
    assert.equal(error.type, 'InvalidInput');
    for (const field of [
      'card',
      'concurrency',
      'period.start',
      'aoi',
      'nmae',
      'bands',
      'hostSilenceSeconds',
      'password',
    ])
      assert.match(error.message, new RegExp(field.replace('.', '\\.')));
    assert.deepEqual(mock.calls, []);
  });

  it('says what it takes when it is given nothing', async () => {
    const handle = await server.client.workflow.start('campaign', {
      workflowId: 'campaign/nothing',
      taskQueue: ORCHESTRATOR_QUEUE,
      args: [],
    });
    assert.match((await failureOf(handle.result())).message, /It takes \{"card": "s2" \| "bs" \| "c6"\}/);
  });

  it('hands its input to prepareCampaign with the defaults filled in', async () => {
    const mock = server.use(0);
    await (await server.startCampaign({ bands: ['B8'] })).result();
    assert.deepEqual(mock.requests, [
      { card: 's2', bands: ['B8'], concurrency: 4, hostSilenceSeconds: 25, rounds: 4 },
    ]);
  });

  it('skips scenes in other hands', async () => {
    const mock = server.use(3);
    const gate = new Gate();
    // One runs under another campaign, one is claimed by somebody whose workflow we do not see.
    mock.instead.mark =
      (usual) =>
      async (...args) => {
        if (args[0].scene.obsid === 1) await gate.passed;
        return await usual(...args);
      };
    const other = await server.startScene(1);
    await until('the other campaign is at its scene', () => mock.count('mark', 1) === 1);
    mock.instead.listScenes = () => () =>
      Promise.resolve({
        scenes: [1, 2, 3].map((obsid) => ({
          obsid,
          reference: `SCENE_${obsid}`,
          obstime: '2024-03-01T00:00:00',
        })),
        last: true,
      });
    Object.assign(mock.scene(2), { status: 'inprogress', owner: 'somebody' });
    const handle = await server.startCampaign();
    const progress = await handle.result();
    assert.deepEqual([progress.skipped, progress.ended], [2, { extracted: 1 }]);
    assert.equal(mock.scene(2).owner, 'somebody');
    gate.open();
    assert.equal((await other.result()).status, 'extracted');
  });

  it('stops when something is wrong that no scene can escape, and gives everything back', async () => {
    const mock = server.use(6);
    mock.instead.stage = () => () => {
      throw failure('Misconfigured', 'the bucket refuses our keys');
    };
    const error = await failureOf((await server.startCampaign({ concurrency: 2 })).result());
    assert.ok(error instanceof ApplicationFailure);
    assert.deepEqual([error.type, error.message], ['Misconfigured', 'the bucket refuses our keys']);
    assert.deepEqual(mock.statuses, Array(6).fill('ingested'));
    assert.ok(mock.count('claim') < 6, 'the rest was not even tried');
  });

  it('takes up again, after a pause, a scene that had to be given back', async () => {
    const mock = server.use(2);
    let refusals = 0;
    mock.instead.stage = (usual) => (task) => {
      if (task.scene.obsid === 2 && refusals++ === 0)
        throw ApplicationFailure.nonRetryable('the disk is full', 'Transient');
      return usual(task);
    };
    const handle = await server.startCampaign({ concurrency: 2, rounds: 2 });
    const progress = await handle.result();
    assert.deepEqual([progress.ended, progress.released], [{ extracted: 2 }, 0]);
    assert.deepEqual(mock.statuses, ['extracted', 'extracted']);
  });

  it('does not give up as long as each round brings a scene to its end', async () => {
    const mock = server.use(3);
    // Scene 3 is given back twice, scene 2 once: more rounds than may be fruitless.
    const refusals = new Map([
      [2, 1],
      [3, 2],
    ]);
    mock.instead.stage = (usual) => (task) => {
      const left = refusals.get(task.scene.obsid) ?? 0;
      refusals.set(task.scene.obsid, left - 1);
      if (left > 0) throw ApplicationFailure.nonRetryable('the disk is full', 'Transient');
      return usual(task);
    };
    const handle = await server.startCampaign({ concurrency: 3, rounds: 1 });
    assert.deepEqual((await handle.result()).ended, { extracted: 3 });
  });

  it('takes up what an earlier run of it gives back late, and what arrived meanwhile', async () => {
    const mock = server.use(2);
    const late = mock.scene(2);
    Object.assign(late, { status: 'inprogress', owner: 'an earlier run' });
    mock.heldBefore = 1;
    mock.instead.takeStock =
      (usual) =>
      async (...args) => {
        const stock = await usual(...args);
        if (mock.heldBefore === 1) {
          mock.heldBefore = 0;
          Object.assign(late, { status: 'ingested', owner: undefined });
          mock.addScenes(1);
        }
        return stock;
      };
    const progress = await (await server.startCampaign()).result();
    assert.deepEqual([progress.ended, progress.total], [{ extracted: 3 }, 3]);
  });

  it('goes on past scenes that end in another word, and past one that is given back, which fails it at the end', async () => {
    const mock = server.use(3);
    mock.instead.stage = (usual) => (task) => {
      if (task.scene.obsid === 1) throw failure('SceneIncomplete', 'nothing there', 'S2_nopath');
      if (task.scene.obsid === 2) throw ApplicationFailure.nonRetryable('the disk is full', 'Transient');
      return usual(task);
    };
    const handle = await server.startCampaign({ concurrency: 1, rounds: 1 });
    const error = await failureOf(handle.result());
    assert.ok(error instanceof ApplicationFailure);
    assert.equal(error.type, 'CampaignIncomplete');
    assert.match(error.message, /1 of 3 scenes were given back/);
    assert.deepEqual(mock.statuses, ['S2_nopath', 'ingested', 'extracted']);
    assert.deepEqual((await handle.query(progressQuery)).ended, { S2_nopath: 1, extracted: 1 });
  });

  it('gives every claim back when cancelled, and discards what was staged', async () => {
    const mock = server.use(5);
    mock.instead.extractAndCopyChunk = () => untilCancelled;
    mock.instead.stage = (usual) => (task) => (task.scene.obsid === 2 ? untilCancelled() : usual(task));
    const handle = await server.startCampaign({ concurrency: 2 });
    await until('one scene is extracting', () => mock.count('extractAndCopyChunk', 1) === 2);
    await until('one is being downloaded', () => mock.count('stage', 2) === 1);
    await handle.cancel();
    assert.ok((await failureOf(handle.result())) instanceof CancelledFailure);
    assert.deepEqual(mock.statuses, Array(5).fill('ingested'));
    assert.deepEqual([...mock.staged], []);
    assert.equal(mock.count('claim'), 2);
  });

  it('asks its scenes to cancel when it is terminated', async () => {
    const mock = server.use(3);
    mock.instead.extractAndCopyChunk = () => untilCancelled;
    const handle = await server.startCampaign({ concurrency: 2 });
    await until('two scenes are extracting', () => mock.count('extractAndCopyChunk', 2) > 0);
    await handle.terminate('by hand');
    await until('both claims are given back', () => mock.statuses.every((status) => status === 'ingested'));
    await assert.rejects(
      server.client.workflow.getHandle(sceneId(mock.results, 1)).result(),
      WorkflowFailedError,
    );
  });

  it('lets scenes in flight come to their end when the catalogue fails it', async () => {
    const mock = server.use(4);
    mock.pageSize = 2;
    const gate = new Gate();
    mock.instead.mark = gate.before;
    mock.instead.listScenes = (usual) => (order, after, limit) => {
      if (after === null) return usual(order, after, limit);
      gate.open();
      throw failure('Misconfigured', 'the catalogue table is gone');
    };
    const error = await failureOf((await server.startCampaign()).result());
    assert.match((error.cause as Error).message, /the catalogue table is gone/);
    assert.deepEqual(mock.statuses, ['extracted', 'extracted', 'ingested', 'ingested']);
  });
});
