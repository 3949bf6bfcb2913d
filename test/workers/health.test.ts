import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Worker } from '@temporalio/worker';
import { readinessOf } from '../../telemetry/readiness.js';
import { workerConditions, type WorkerParts } from '../../workers/health.js';
import { temporaryFolder } from '../temporary-folder.js';

describe('a worker', () => {
  const root = temporaryFolder('health');
  const told = async (parts: WorkerParts): Promise<Readonly<Record<string, string>>> =>
    (await readinessOf(workerConditions(parts))()).conditions;
  const disk = (free: number, folder = root): WorkerParts => ({
    isExtractor: true,
    host: { scratch: { root: folder, freeBytes: () => Promise.resolve(free) }, reserveBytes: 100 },
  });
  const workers = (...states: ReturnType<Worker['getState']>[]): WorkerParts => ({
    isExtractor: false,
    workers: states.map((state) => ({ getState: () => state })),
  });

  it('is not ready while it starts', async () => {
    const starting = 'the worker is starting';
    assert.deepEqual(await told({ isExtractor: true }), {
      ...{ database: starting, schema: starting, temporal: starting, scratch: starting },
      polling: 'not all queues are polled',
    });
  });

  it('is not ready while its scratch disk has less room than is to stay free, or is gone', async () => {
    assert.equal((await told(disk(100))).scratch, 'ok');
    assert.match((await told(disk(99))).scratch!, /is full/);
    assert.match((await told(disk(100, join(root, 'gone')))).scratch!, /can not be written to/);
  });

  it('is ready only while all its queues are polled', async () => {
    assert.equal((await told(workers('RUNNING', 'RUNNING'))).polling, 'ok');
    assert.match((await told(workers('RUNNING', 'DRAINING'))).polling!, /not all/);
    assert.match((await told(workers('INITIALIZED'))).polling!, /not all/);
  });
});
