/** How the workers of a process end together. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runUntil } from '../../workers/run-until.js';

/** Ends when it is told to, or when `fail` is called. */
class FakeWorker {
  private state: 'RUNNING' | 'STOPPED' = 'RUNNING';
  fail: (error: Error) => void = () => undefined;
  private end: () => void = () => undefined;

  constructor(private readonly failsAtEnd?: Error) {}

  run(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.end = resolve;
      this.fail = reject;
    });
  }

  shutdown(): void {
    this.state = 'STOPPED';
    if (this.failsAtEnd) this.fail(this.failsAtEnd);
    else this.end();
  }

  getState(): 'RUNNING' | 'STOPPED' {
    return this.state;
  }
}

const log = { debug: () => undefined };

describe('the workers of a process', () => {
  it('end well when they are told to, even those that the network keeps from ending in good order', async () => {
    const order = new AbortController();
    const late = new Error('Workflow execution context should have been disposed first');
    const workers = [new FakeWorker(late), new FakeWorker()];
    let ready = 0;
    const ended = runUntil(order.signal, workers, () => (ready += 1), log);
    order.abort();
    await ended;
    assert.equal(ready, 1);
  });

  it('end with the failure of one that nobody told to end, and stop the others', async () => {
    const workers = [new FakeWorker(), new FakeWorker()];
    const ended = runUntil(new AbortController().signal, workers, () => undefined, log);
    workers[0]!.fail(new Error('the namespace is gone'));
    await assert.rejects(ended, /the namespace is gone/);
    assert.equal(workers[1]!.getState(), 'STOPPED');
  });
});
