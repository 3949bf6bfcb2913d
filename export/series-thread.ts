/**
 * The thread that makes files of an answer's bytes: reading and encoding take longer than the database takes to send them, and so
 * neither waits for the other. It takes the bytes in their order, and has no more of them waiting than it says that it has done.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { CopiedRows } from '../database/reads/copied-rows.js';
import { type Format, FORMATS } from './formats.js';
import { type MadePart, PartWriter } from './part-writer.js';
import { batchRows, type ExportColumn } from './table-file.js';

export interface ThreadTask {
  readonly format: Format;
  readonly columns: readonly ExportColumn[];
  readonly workshop: string;
  readonly madeBy: string;
}

/** To the thread: bytes, their end, or that the part it told of is in its place. */
export type ToThread = { readonly bytes: Uint8Array } | { readonly end: true } | { readonly placed: true };

/** From the thread: so many bytes are done, rows are written, a part is whole, all is. */
export type FromThread =
  | { readonly done: number }
  | { readonly rows: number }
  | { readonly part: MadePart }
  | { readonly ended: true }
  | { readonly failed: unknown };

const port = parentPort!;
const { format, columns, workshop, madeBy } = workerData as ThreadTask;
const tell = (message: FromThread): void => {
  port.postMessage(message);
};

let placed: (() => void) | undefined;
const writer = new PartWriter({
  ...{ open: FORMATS[format].open, columns, workshop, madeBy },
  onRows: (rows) => {
    tell({ rows });
  },
  onPart: (part) =>
    new Promise<void>((resolve) => {
      placed = resolve;
      tell({ part });
    }),
});
const copied = new CopiedRows(
  columns.map(({ type }) => type),
  batchRows(columns),
);

async function take(bytes: Uint8Array): Promise<void> {
  for (const batch of copied.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)))
    await writer.write(batch);
  tell({ done: bytes.length });
}

async function end(): Promise<void> {
  for (const batch of copied.end()) await writer.write(batch);
  await writer.finish();
  tell({ ended: true });
}

/** One after the other; after a failure nothing more. */
let work = Promise.resolve();
port.on('message', (message: ToThread) => {
  if ('placed' in message) {
    placed?.();
    return;
  }
  work = work
    .then(() => ('bytes' in message ? take(message.bytes) : end()))
    .catch(async (failed: unknown) => {
      await writer.discard();
      tell({ failed });
      await new Promise(() => undefined);
    });
});
