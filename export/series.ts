/** Writes the parts of a plan: one answer of the database, cut into files where the number of the part changes. */
import { rm } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import type pg from 'pg';
import { abandoning } from '../database/reads/copy-out.js';
import { copySeries, type SeriesRows } from '../database/reads/series-rows.js';
import { DiskFull } from '../store/object-store.js';
import type { MadePart } from './part-writer.js';
import type { Part } from './plan.js';
import type { FromThread, ThreadTask, ToThread } from './series-thread.js';

export interface PartsOptions extends ThreadTask {
  /** A part is whole, and the next one waits: brings it to its place. */
  readonly onPart: (part: Part, made: MadePart) => Promise<void>;
  readonly onRows: (rows: number) => void;
  readonly signal?: AbortSignal | undefined;
}

/** Bytes of a message to the thread, and those that may wait there. */
const MESSAGE_BYTES = 512 << 10;
const WAITING_BYTES = 8 << 20;

/** @returns the parts that no row was found of. */
export async function writeParts(
  client: pg.ClientBase,
  parts: readonly Part[],
  rows: SeriesRows,
  options: PartsOptions,
): Promise<Part[]> {
  if (parts.length === 0) return [];
  const scenes = parts.flatMap((part, number) => part.scenes.map((scene) => ({ scene, part: number })));
  const thread = new SeriesThread(parts, options);
  try {
    await abandoning(async () => {
      for await (const bytes of copySeries(client, rows, scenes, options.signal)) await thread.take(bytes);
    });
    return await thread.end();
  } finally {
    await thread.stop();
  }
}

class SeriesThread {
  private readonly worker: Worker;
  private readonly without: Set<Part>;
  private pieces: Buffer[] = [];
  private gathered = 0;
  private waiting = 0;
  private failure: Error | undefined;
  private ended = false;
  /** Called whenever the thread has said something. */
  private heard = (): void => undefined;

  constructor(
    private readonly parts: readonly Part[],
    private readonly options: PartsOptions,
  ) {
    const { format, columns, workshop, madeBy } = options;
    this.without = new Set(parts);
    this.worker = new Worker(new URL('./series-thread.js', import.meta.url), {
      workerData: { format, columns, workshop, madeBy } satisfies ThreadTask,
    });
    this.worker.on('message', (message: FromThread) => {
      this.hear(message);
    });
    this.worker.on('error', (error) => {
      this.fail(error);
    });
  }

  /** Resolves when there is room for more. */
  async take(bytes: Buffer): Promise<void> {
    this.pieces.push(bytes);
    this.gathered += bytes.length;
    if (this.gathered >= MESSAGE_BYTES) this.send();
    await this.until(() => this.waiting < WAITING_BYTES);
  }

  async end(): Promise<Part[]> {
    this.send();
    this.post({ end: true });
    await this.until(() => this.ended);
    return [...this.without];
  }

  /** What was not brought to its place goes. */
  async stop(): Promise<void> {
    await this.worker.terminate();
    await rm(this.options.workshop, { recursive: true, force: true });
  }

  private send(): void {
    const bytes = new Uint8Array(this.gathered);
    let at = 0;
    for (const piece of this.pieces) {
      bytes.set(piece, at);
      at += piece.length;
    }
    this.pieces = [];
    this.gathered = 0;
    this.waiting += bytes.length;
    this.post({ bytes }, [bytes.buffer]);
  }

  private post(message: ToThread, transfer: ArrayBuffer[] = []): void {
    this.worker.postMessage(message, transfer);
  }

  private hear(message: FromThread): void {
    if ('done' in message) this.waiting -= message.done;
    else if ('rows' in message) this.options.onRows(message.rows);
    else if ('part' in message) void this.place(message.part);
    else if ('ended' in message) this.ended = true;
    else this.fail(message.failed);
    this.heard();
  }

  private async place(made: MadePart): Promise<void> {
    const part = this.parts[made.number]!;
    try {
      await this.options.onPart(part, made);
      this.without.delete(part);
      this.post({ placed: true });
    } catch (error) {
      this.fail(error);
    }
  }

  private fail(error: unknown): void {
    this.failure ??= error instanceof Error ? named(error) : new Error(String(error));
    this.heard();
  }

  private async until(holds: () => boolean): Promise<void> {
    while (!holds() && this.failure === undefined) {
      await new Promise<void>((resolve) => {
        this.heard = resolve;
      });
    }
    if (this.failure !== undefined) throw this.failure;
  }
}

/** An error comes from the thread without its class. */
function named(error: Error): Error {
  const { code, path } = error as NodeJS.ErrnoException;
  return code === 'ENOSPC' && path !== undefined ? new DiskFull(path) : error;
}
