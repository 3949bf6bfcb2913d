/** Hosts that are gone, full, or lose the staged files, on a real Temporal server: the scene goes elsewhere, and no further than that helps. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ApplicationFailure } from '@temporalio/common';
import { away, failure, hostQueue } from './mock-activities.js';
import { failureOf, skipWithoutTemporal, until, WorkflowServer } from './server.js';

describe('a scene whose host fails it', { skip: skipWithoutTemporal }, () => {
  let server: WorkflowServer;
  before(async () => {
    server = await WorkflowServer.start();
  });
  after(() => server.stop());

  it('is staged elsewhere when its host is gone, and its stored chunks are not computed again', async () => {
    const mock = server.use(1);
    const queues = [hostQueue('a'), hostQueue('gone'), hostQueue('b')];
    mock.instead.stage = () => () =>
      Promise.resolve({ host: 'any', queue: queues.shift()!, bytes: 1, stepNames: 2 });
    let lost = false;
    mock.instead.extractAndCopyChunk = (usual) => (task) => {
      if (task.chunk.chunk === 0 || lost) return usual(task);
      return until('the first chunk is stored', () => mock.stored.has('1 0')).then(() => {
        lost = true;
        throw failure('NotStaged', 'the scene is not staged on this host any more');
      });
    };
    const outcome = await (await server.startScene(1, { hostSilenceSeconds: 1 })).result();
    assert.equal(outcome.status, 'extracted');
    assert.deepEqual(
      [mock.count('stage'), mock.calls.filter((call) => call === 'extractAndCopyChunk 1 0').length],
      [3, 1],
    );
  });

  it('is given back when three hosts are gone', async () => {
    const mock = server.use(1);
    mock.instead.stage = () => () =>
      Promise.resolve({ host: 'gone', queue: hostQueue('gone'), bytes: 1, stepNames: 2 });
    const error = await failureOf((await server.startScene(1, { hostSilenceSeconds: 1 })).result());
    assert.ok(error instanceof ApplicationFailure);
    assert.equal(error.type, 'GivenBack');
    assert.match(error.message, /no answer in time \(SCHEDULE_TO_START\)/);
    assert.deepEqual([mock.count('stage'), mock.statuses], [3, ['ingested']]);
  });

  it('outlasts deploys that take its staged files along', async () => {
    const mock = server.use(1);
    let deploys = 0;
    mock.instead.planOrFinish = (usual) => (task) => {
      if (deploys++ < 15) throw failure('NotStaged', 'the scene is not staged on this host any more');
      return usual(task);
    };
    assert.equal((await (await server.startScene()).result()).status, 'extracted');
    assert.equal(mock.count('stage'), 16);
  });

  it('leaves a host whose disk stays full, and takes its files along', async () => {
    const mock = server.use(1);
    let full = 0;
    mock.instead.extractAndCopyChunk = (usual) => (task) => {
      if (full++ < 6) throw away('DiskFull', 'waiting for disk space on /scratch');
      return usual(task);
    };
    assert.equal((await (await server.startScene()).result()).status, 'extracted');
    assert.ok(mock.count('stage') > 1 && mock.count('discard') === mock.count('stage'));
    assert.deepEqual([mock.count('release'), [...mock.staged]], [0, []]);
  });
});
