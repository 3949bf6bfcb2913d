/** The threads that decode and draw, so that the server's own thread goes on answering. They start with the first chip. */
import { Worker } from 'node:worker_threads';
import type { Chip } from './chip.js';
import type { ChipAnswer, ChipTask } from './chip-task.js';
import type { PictureTask } from './picture.js';
import type { ReadTask } from './read-chip.js';

interface Job {
  readonly task: ChipTask;
  readonly signal: AbortSignal;
  readonly resolve: (result: never) => void;
  readonly reject: (error: Error) => void;
}

interface Thread {
  readonly worker: Worker;
  job: Job | undefined;
}

export class ChipThreads {
  private readonly threads: Thread[] = [];
  private readonly waiting: Job[] = [];
  private isClosed = false;

  constructor(
    readonly size: number,
    private readonly entry = new URL('./chip-thread.js', import.meta.url),
  ) {}

  /**
   * @param signal aborted when nobody waits for it any more: what has begun goes on
   * @throws Error by the name that it has in the thread: RasterError, NotFetched
   */
  run(task: ReadTask, signal: AbortSignal): Promise<Chip>;
  run(task: PictureTask, signal: AbortSignal): Promise<Uint8Array>;
  run(task: ChipTask, signal: AbortSignal): Promise<Chip | Uint8Array> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ task, signal, resolve, reject });
      this.serve();
    });
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.serve();
    await Promise.all(this.threads.map(({ worker }) => worker.terminate()));
  }

  private serve(): void {
    if (this.isClosed) for (const job of this.waiting.splice(0)) job.reject(new Error('the server stops'));
    while (this.waiting.length > 0) {
      const { signal, reject } = this.waiting[0]!;
      if (signal.aborted) {
        this.waiting.shift();
        reject(signal.reason as Error);
        continue;
      }
      const thread = this.threads.find(({ job }) => job === undefined) ?? this.start();
      if (thread === undefined) return;
      thread.job = this.waiting.shift()!;
      thread.worker.postMessage(thread.job.task);
    }
  }

  private start(): Thread | undefined {
    if (this.threads.length === this.size) return undefined;
    // The package web-worker, which geotiff brings along, reads workerData in every thread and fails where there is none.
    const thread: Thread = { worker: new Worker(this.entry, { workerData: {} }), job: undefined };
    this.threads.push(thread);
    thread.worker.on('message', ({ result, error }: ChipAnswer) => {
      const { job } = thread;
      thread.job = undefined;
      if (error === undefined) job?.resolve(result as never);
      else job?.reject(Object.assign(new Error(error.message), { name: error.name }));
      this.serve();
    });
    let cause = new Error('a thread that reads chips ended');
    thread.worker.on('error', (error) => {
      cause = error;
    });
    // Its task fails, and the next one gets a thread anew.
    thread.worker.once('exit', () => {
      this.threads.splice(this.threads.indexOf(thread), 1);
      thread.job?.reject(cause);
      this.serve();
    });
    return thread;
  }
}
