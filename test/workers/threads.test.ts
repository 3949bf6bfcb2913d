/** The pool of threads: whatever a thread does, every task ends, and the next one finds a thread. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExtractTask } from '../../extraction/extract.js';
import type { DecodeTask } from '../../extraction/tasks.js';
import { ThreadPool } from '../../workers/threads.js';

const ENTRY = new URL('./odd-thread.js', import.meta.url);

/** A pool of two threads that run `source`, and how often one of them was started. */
async function withBirths(
  source: string,
  work: (pool: ThreadPool, births: () => Promise<number>) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'parcelwise-threads-'));
  const file = join(folder, 'births');
  await writeFile(file, '');
  const counting = `import fs from 'node:fs'; fs.appendFileSync(${JSON.stringify(file)}, 'x'); ${source}`;
  const pool = new ThreadPool(2, new URL(`data:text/javascript,${encodeURIComponent(counting)}`));
  try {
    await work(pool, async () => (await readFile(file, 'utf8')).length);
  } finally {
    await pool.close();
    await rm(folder, { recursive: true });
  }
}

const task = (path: string): DecodeTask => ({ kind: 'decode', path }) as DecodeTask;

describe('ThreadPool', () => {
  let pool: ThreadPool;
  // Threads are no reason for a process to stay; a test that waits for one is.
  let alive: NodeJS.Timeout;
  before(() => {
    pool = new ThreadPool(2, ENTRY);
    alive = setInterval(() => undefined, 1000);
  });
  after(async () => {
    await pool.close();
    clearInterval(alive);
  });

  it('has one task a thread under way, and the others wait', async () => {
    const threads = await Promise.all(Array.from({ length: 6 }, () => pool.run(task('wait'))));
    assert.equal(new Set(threads).size, 2);
  });

  it('measures a chunk before it decodes the blocks that wait', async () => {
    const order: string[] = [];
    const run = async (name: string, what: DecodeTask | ExtractTask): Promise<void> => {
      await pool.run(what);
      order.push(name);
    };
    const chunk = { kind: 'extract', path: 'echo' } as unknown as ExtractTask;
    const busy = [run('block', task('wait')), run('block', task('wait'))];
    const waiting = [run('block', task('wait')), run('block', task('wait')), run('chunk', chunk)];
    await Promise.all([...busy, ...waiting]);
    assert.ok(order.indexOf('chunk') < order.lastIndexOf('block'), order.join(' '));
    assert.equal(order.slice(3).join(' '), 'block block');
  });

  it('decodes what a download waits for before the blocks that wait for threads', async () => {
    const order: string[] = [];
    const run = async (name: string, what: DecodeTask): Promise<void> => {
      await pool.run(what);
      order.push(name);
    };
    const blocks = Array.from({ length: 4 }, () => run('block', task('wait')));
    await Promise.all([...blocks, run('class map', { ...task('echo'), isUrgent: true })]);
    assert.ok(order.indexOf('class map') < 3, order.join(' '));
  });

  it('decodes what nobody waits for yet behind all else, in whatever order it is asked', async () => {
    const order: string[] = [];
    const run = async (name: string, what: DecodeTask): Promise<void> => {
      await pool.run(what);
      order.push(name);
    };
    const busy = [run('busy', task('wait')), run('busy', task('wait'))];
    const ahead = [1, 2].map(() => run('ahead', { ...task('wait'), isAhead: true }));
    const blocks = Array.from({ length: 4 }, () => run('block', task('wait')));
    await Promise.all([...busy, ...ahead, ...blocks]);
    assert.deepEqual(order.slice(-2), ['ahead', 'ahead']);
  });

  it('hands a failure on with its name and code', async () => {
    await assert.rejects(pool.run(task('fail')), {
      name: 'RasterError',
      code: 'EIO',
      message: 'no such block',
    });
  });

  it('fails the task of a thread that dies, and goes on with new threads', async () => {
    const ends = await Promise.allSettled(
      ['exit', 'throw', 'exit', 'wait', 'wait'].map((path) => pool.run(task(path))),
    );
    assert.deepEqual(
      ends.map(({ status }) => status),
      ['rejected', 'rejected', 'rejected', 'fulfilled', 'fulfilled'],
    );
    assert.match(String((ends[0] as PromiseRejectedResult).reason), /a raster thread ended \(exit code 3\)/);
    assert.match(String((ends[1] as PromiseRejectedResult).reason), /out of memory/);
  });

  it('gives a task that comes right after a death to a living thread', async () => {
    for (let time = 0; time < 10; time++) {
      await pool.run(task('throw')).catch(() => undefined);
      await pool.run(task('echo'));
    }
  });

  it('takes a waiting task back when its caller aborts, and only that one', async () => {
    const leaving = new AbortController();
    const running = [pool.run(task('wait'), leaving.signal), pool.run(task('wait'))];
    const waiting = [pool.run(task('echo'), leaving.signal), pool.run(task('echo'))];
    leaving.abort(new Error('cancelled'));
    await assert.rejects(waiting[0]!, /cancelled/);
    await Promise.all([...running, waiting[1]!]);
    await assert.rejects(pool.run(task('echo'), leaving.signal), /cancelled/);
  });

  it('tells every thread, busy or not, and does not wait for a dead one', async () => {
    const running = pool.run(task('wait'));
    await pool.broadcast({ kind: 'forget', folder: '/none' });
    await running;
    const dying = pool.run(task('exit')).catch(() => undefined);
    await pool.broadcast({ kind: 'forget', folder: '/none' });
    await dying;
  });

  it('does not start threads over and over that die at their start', async () => {
    await withBirths('process.exit(1);', async (dying, births) => {
      await assert.rejects(dying.run(task('echo')), /thread ended/);
      await assert.rejects(dying.run(task('echo')), /thread ended/);
      while ((await births()) < 2) await sleep(10);
      await sleep(300);
      assert.equal(await births(), 2);
      dying.warm();
      while ((await births()) < 4) await sleep(10);
      await sleep(300);
      assert.equal(await births(), 4);
    });
  });

  it('has all its threads before the first task once it is warmed, and no more afterwards', async () => {
    const source = `import { parentPort } from 'node:worker_threads'; parentPort.on('message', () => parentPort.postMessage({}));`;
    await withBirths(source, async (warm, births) => {
      warm.warm();
      while ((await births()) < 2) await sleep(10);
      await Promise.all([warm.run(task('echo')), warm.run(task('echo')), warm.run(task('echo'))]);
      warm.warm();
      await sleep(100);
      assert.equal(await births(), 2);
    });
  });

  it('ends every task when it is closed, and takes no more', async () => {
    const closing = new ThreadPool(1, ENTRY);
    const tasks = [closing.run(task('wait')), closing.run(task('wait'))].map((run) =>
      assert.rejects(run, /shutting down|thread ended/),
    );
    await closing.close();
    await Promise.all(tasks);
    await assert.rejects(closing.run(task('echo')), /shutting down/);
    await closing.broadcast({ kind: 'forget', folder: '/none' });
  });
});
