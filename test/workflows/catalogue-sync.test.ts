import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ApplicationFailure } from '@temporalio/common';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { rootCause } from '../../workflows/failures.js';
import { syncQuery } from '../../workflows/messages.js';
import { failure, Gate } from './mock-activities.js';
import { quietRuntime } from './quiet.js';
import { failureOf, skipWithoutTemporal, until, WorkflowServer } from './server.js';

describe('catalogueSync', { skip: skipWithoutTemporal }, () => {
  let server: WorkflowServer;
  before(async () => {
    server = await WorkflowServer.start();
  });
  after(() => server.stop());

  it('reads every page of every search and adds up what came of it', async () => {
    const mock = server.use(0);
    server.source.searches = [
      [
        { received: 3, entered: 2, refused: { 'no footprint': 1 }, matched: 5 },
        { received: 2, entered: 1, doubled: 1, matched: 5 },
      ],
      [{ received: 4, matched: 4 }],
    ];
    const report = await (await server.startSync()).result();
    assert.deepEqual(report, {
      source: 'https://stac.example.org/v1',
      ...{ pages: 3, matched: 9, received: 9, entered: 3, known: 4, doubled: 1 },
      refused: { 'no footprint': 1 },
      examples: ['item of page 0: no footprint'],
      gaps: [],
    });
    assert.equal(mock.scenes.size, 3);
    assert.deepEqual(server.source.calls, [
      ...['prepareSync', 'syncPage 0 0', 'syncPage 0 1', 'syncPage 1 0', 'concludeSync'],
    ]);
  });

  it('reports a gap for each search that gave another number of items than the source said', async () => {
    server.use(0);
    server.source.searches = [
      [{ received: 100, entered: 100, matched: 150 }],
      [{ received: 7, matched: 7 }],
      // Published while the pages were read: the last word counts.
      [
        { received: 2, matched: 3 },
        { received: 2, matched: 4 },
      ],
      // Says nothing: nothing can be compared.
      [{ received: 5 }],
      [
        { received: 3, matched: 2 },
        { received: 0, matched: 2 },
      ],
    ];
    const report = await (await server.startSync()).result();
    assert.deepEqual(report.gaps, [
      'search 1: the source has 150 items and gave 100',
      'search 5: the source has 2 items and gave 3',
    ]);
    assert.equal(report.matched, 150 + 7 + 4 + 2);
  });

  it('does not remember a sweep where it looked at the last days only, or failed', async () => {
    server.use(0);
    server.source.sweep = false;
    await (await server.startSync({ lookbackDays: 30 })).result();
    assert.deepEqual(server.source.calls, ['prepareSync', 'syncPage 0 0']);
    assert.equal(server.source.requests[0]?.lookbackDays, 30);

    server.use(0);
    server.source.beforePage = () => {
      throw failure('Misconfigured', 'the source refuses us');
    };
    const error = rootCause(await failureOf((await server.startSync()).result()));
    assert.ok(error instanceof ApplicationFailure && error.type === 'Misconfigured');
    assert.ok(!server.source.calls.includes('concludeSync'));
  });

  it('tells what it has found so far, and reads a page again that failed', async () => {
    server.use(0);
    server.source.searches = [[{ received: 5, entered: 5 }, { received: 1 }]];
    const gate = new Gate();
    let refused = 0;
    server.source.beforePage = async (_search, page) => {
      if (page === 0) return;
      if (refused++ === 0) throw failure('Transient', 'busy');
      await gate.passed;
    };
    const handle = await server.startSync();
    await until('the second page is read again', () => refused === 2);
    assert.deepEqual(
      (({ pages, received, entered }) => ({ pages, received, entered }))(await handle.query(syncQuery)),
      { pages: 1, received: 5, entered: 5 },
    );
    gate.open();
    assert.equal((await handle.result()).received, 6);
  });

  it('refuses a wrong input with the name of every wrong field', async () => {
    server.use(0);
    const error = await failureOf((await server.startSync({ cloud: 101, pageSize: 0 })).result());
    assert.ok(error instanceof ApplicationFailure && error.type === 'InvalidInput');
    assert.match(error.message, /cloud: .*pageSize: /);
    assert.deepEqual(server.source.calls, []);
  });
});

describe('tick', { skip: skipWithoutTemporal }, () => {
  let server: WorkflowServer;
  before(async () => {
    server = await WorkflowServer.start();
  });
  after(() => server.stop());

  it('syncs, then extracts what waits', async () => {
    const mock = server.use(1);
    server.source.searches = [[{ received: 2, entered: 2, matched: 3 }]];
    const report = await (await server.startTick()).result();
    assert.deepEqual(report, {
      entered: 2,
      ended: { extracted: 3 },
      gaps: ['search 1: the source has 3 items and gave 2'],
    });
    assert.deepEqual(mock.statuses, Array(3).fill('extracted'));
  });

  it('starts no campaign where nothing waits, in 41 events with its sync', async () => {
    const mock = server.use(0);
    server.source.searches = [[{ received: 9 }]];
    server.source.sweep = false;
    const handle = await server.startTick();
    assert.deepEqual(await handle.result(), { entered: 0, ended: {}, gaps: [] });
    assert.equal(mock.count('listScenes'), 0);
    const sync = server.client.workflow.getHandle(`sync/${mock.results}`);
    const events = [(await handle.describe()).historyLength, (await sync.describe()).historyLength];
    assert.deepEqual(events, [24, 17]);
  });

  it('extracts what is known where the source fails, and then says what failed', async () => {
    const mock = server.use(2);
    server.source.beforePage = () => {
      throw failure('Misconfigured', 'the source refuses us');
    };
    const error = await failureOf((await server.startTick()).result());
    assert.ok(error instanceof ApplicationFailure && error.type === 'TickIncomplete');
    assert.equal(error.message, 'sync: the source refuses us');
    assert.deepEqual(error.details, [{ entered: null, ended: { extracted: 2 }, gaps: [] }]);
    assert.deepEqual(mock.statuses, ['extracted', 'extracted']);
  });

  it('extracts what is known where the sync hangs, which goes on by itself', async () => {
    const mock = server.use(2);
    const gate = new Gate();
    server.source.searches = [[{ received: 1, entered: 0 }]];
    server.source.beforePage = () => gate.passed;
    const error = await failureOf((await server.startTick({ syncWaitMinutes: 0.02 })).result());
    assert.ok(error instanceof ApplicationFailure && error.type === 'TickIncomplete');
    assert.match(error.message, /^sync: still at work after 0\.02 min; it goes on by itself/);
    assert.deepEqual(mock.statuses, ['extracted', 'extracted']);

    // The next tick finds it at work, which is no trouble of its own.
    mock.addScenes(1);
    const next = await (await server.startTick({ syncWaitMinutes: 0.02 })).result();
    assert.deepEqual([next.entered, next.ended], [null, { extracted: 1 }]);
    gate.open();
    const sync = server.client.workflow.getHandle(`sync/${mock.results}`);
    assert.equal(((await sync.result()) as { received: number }).received, 1);
  });

  it('leaves a campaign of its name to itself', async () => {
    const mock = server.use(1);
    const gate = new Gate();
    mock.instead.mark = gate.before;
    const campaign = await server.startCampaign();
    await until('it is at work', () => mock.count('mark') === 1);
    mock.addScenes(1);
    assert.deepEqual(await (await server.startTick()).result(), { entered: 0, ended: null, gaps: [] });
    gate.open();
    await campaign.result();
  });

  it('cancelled, it cancels its campaign and ends once every claim is given back', async () => {
    const mock = server.use(2);
    const gate = new Gate();
    mock.instead.mark = gate.before;
    const handle = await server.startTick();
    await until('scenes are in hand', () => mock.count('mark') === 2);
    await handle.cancel();
    gate.open();
    await failureOf(handle.result());
    assert.ok(!mock.statuses.includes('inprogress'), mock.statuses.join(', '));
  });
});

const cli = process.env.TEMPORAL_CLI;

describe('a sync too long for one history', { skip: cli === undefined && 'TEMPORAL_CLI is not set' }, () => {
  let environment: TestWorkflowEnvironment;
  let server: WorkflowServer;
  before(async () => {
    quietRuntime();
    environment = await TestWorkflowEnvironment.createLocal({
      server: {
        executable: { type: 'existing-path', path: cli! },
        extraArgs: ['--dynamic-config-value', 'limit.historyCount.suggestContinueAsNew=50'],
      },
    });
    server = await WorkflowServer.start(environment.address);
  });
  after(async () => {
    await server.stop();
    await environment.teardown();
  });

  it('goes on in a new one, reads each page once, and loses no count and no gap', async () => {
    server.use(0);
    const pages = (count: number, matched: number) =>
      Array.from({ length: count }, () => ({ received: 10, entered: 1, matched }));
    server.source.searches = [pages(25, 300), pages(25, 250)];
    const handle = await server.startSync();
    const report = await handle.result();
    const { pages: read, received, entered, known, matched, gaps } = report;
    assert.deepEqual([read, received, entered, known, matched], [50, 500, 50, 450, 550]);
    assert.deepEqual(gaps, ['search 1: the source has 300 items and gave 250']);
    assert.equal(new Set(server.source.calls).size, server.source.calls.length, 'nothing is done twice');
    assert.equal(server.source.calls.length, 1 + 50 + 1);
    const { runId, historyLength } = await server.client.workflow.getHandle(handle.workflowId).describe();
    assert.notEqual(runId, handle.firstExecutionRunId, 'it did continue as new');
    assert.ok(historyLength < 80, `${historyLength} events`);
  });
});
