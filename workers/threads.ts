/** The pool of threads that raster work runs in, so that the main thread stays free to heartbeat. */
import { setMaxListeners } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { ForgetTask, ThreadResults, Threads, ThreadTask } from '../extraction/tasks.js';
import { type Answer, reviveError } from './thread-message.js';

interface Job {
  readonly task: ThreadTask;
  readonly resolve: (result: never) => void;
  readonly reject: (error: Error) => void;
}

/** Tasks of a higher rank wait for those of a lower one. */
function rankOf(task: ThreadTask): number {
  if (task.kind !== 'decode' || task.isUrgent === true) return 0;
  return task.isAhead === true ? 2 : 1;
}

/**
 * One task a thread at a time; the rest wait in the order they came, blocks to decode behind everything else: a chunk whose
 * pixels are there is measured before the next one's are decoded, so that PostgreSQL stores rows meanwhile. A thread that
 * dies fails its task and is replaced.
 */
export class ThreadPool implements Threads {
  /** Replaced as tasks need them, so that threads that die at their start do not die for ever. */
  private readonly threads: Thread[] = [];
  private readonly waiting: Job[] = [];
  private closed = false;

  /** @param entry the module each thread runs. */
  constructor(
    readonly size: number,
    private readonly entry = new URL('./thread.js', import.meta.url),
  ) {}

  run<T extends ThreadTask>(task: T, signal?: AbortSignal): Promise<ThreadResults[T['kind']]> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason as Error);
        return;
      }
      if (this.closed) {
        reject(shuttingDown());
        return;
      }
      const job: Job = {
        task,
        resolve: (result) => {
          signal?.removeEventListener('abort', leave);
          resolve(result);
        },
        reject: (error) => {
          signal?.removeEventListener('abort', leave);
          reject(error);
        },
      };
      // A task under way ends by itself soon; one that waits need not begin.
      const leave = (): void => {
        const at = this.waiting.indexOf(job);
        if (at < 0) return;
        this.waiting.splice(at, 1);
        job.reject(signal?.reason as Error);
      };
      // A scene waits for hundreds of blocks under one signal; Node would take that for a leak.
      if (signal) setMaxListeners(0, signal);
      signal?.addEventListener('abort', leave, { once: true });
      this.enqueue(job);
      this.serve();
    });
  }

  /** Starts every thread before there is work: loading its modules takes each about half a second. */
  warm(): void {
    while (this.start() !== undefined) continue;
  }

  async broadcast(task: ForgetTask): Promise<void> {
    await Promise.all(this.threads.map((thread) => thread.tell(task)));
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const job of this.waiting.splice(0)) job.reject(shuttingDown());
    await Promise.all(this.threads.map((thread) => thread.close()));
  }

  private enqueue(job: Job): void {
    const behind = this.waiting.findIndex(({ task }) => rankOf(task) > rankOf(job.task));
    this.waiting.splice(behind < 0 ? this.waiting.length : behind, 0, job);
  }

  private serve(): void {
    while (this.waiting.length > 0) {
      const thread = this.threads.find((one) => !one.busy) ?? this.start();
      if (thread === undefined) return;
      thread.take(this.waiting.shift()!);
    }
  }

  /** Another thread, where there may be one more. */
  private start(): Thread | undefined {
    if (this.threads.length === this.size) return undefined;
    const thread = new Thread(
      this.entry,
      () => {
        this.serve();
      },
      (dead) => {
        this.threads.splice(this.threads.indexOf(dead), 1);
        if (!this.closed) this.serve();
      },
    );
    this.threads.push(thread);
    return thread;
  }
}

function shuttingDown(): Error {
  return new Error('the worker is shutting down');
}

class Thread {
  private readonly worker: Worker;
  private job: Job | undefined;
  /** It has failed, or ended; nothing posted to it would be answered. */
  private gone = false;
  private readonly told = new Map<number, () => void>();
  private tellings = 0;

  constructor(
    entry: URL,
    private readonly onIdle: () => void,
    onDeath: (thread: Thread) => void,
  ) {
    // The package web-worker, which geotiff brings along, reads workerData in every thread and fails where there is none.
    this.worker = new Worker(entry, { workerData: {} });
    this.worker.unref();
    this.worker.on('message', (answer: Answer) => {
      this.hear(answer);
    });
    this.worker.on('error', (error) => {
      this.fail(error);
    });
    this.worker.on('exit', (code) => {
      this.fail(new Error(`a raster thread ended (exit code ${code})`));
      for (const done of this.told.values()) done();
      onDeath(this);
    });
  }

  get busy(): boolean {
    return this.gone || this.job !== undefined;
  }

  take(job: Job): void {
    this.job = job;
    this.worker.postMessage({ task: job.task });
  }

  /** A word beside the work: answered in its turn, ahead of waiting jobs. */
  tell(task: ForgetTask): Promise<void> {
    if (this.gone) return Promise.resolve();
    return new Promise((resolve) => {
      const telling = ++this.tellings;
      this.told.set(telling, resolve);
      this.worker.postMessage({ task, telling });
    });
  }

  async close(): Promise<void> {
    await this.worker.terminate();
  }

  private hear(answer: Answer): void {
    if (answer.telling !== undefined) {
      this.told.get(answer.telling)?.();
      this.told.delete(answer.telling);
      return;
    }
    const job = this.job;
    this.job = undefined;
    if (answer.error) job?.reject(reviveError(answer.error));
    else job?.resolve(answer.result as never);
    this.onIdle();
  }

  private fail(error: Error): void {
    this.gone = true;
    this.job?.reject(error);
    this.job = undefined;
  }
}
