/** Stores an extracted chunk: rows, histograms, gaps and ledger in one transaction behind the owner fence. */
import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { storeChunk } from '../database/ledger/chunk-store.js';
import type { Accounts } from '../database/terms.js';
import { readJson } from '../extraction/scratch/scratch-file.js';
import { StagedScene } from '../extraction/scratch/staged-scene.js';
import type { ChunkTask } from './contract.js';
import { accountsOf, type StoredReport } from './extract-chunk.js';
import { NotStaged } from './failures.js';
import type { StepContext } from './step-context.js';
import { type HostDependencies } from './dependencies.js';
import { selectionOf } from '../campaigns/order.js';

function isReport(value: unknown): value is StoredReport {
  return (
    typeof value === 'object' &&
    value !== null &&
    ['parcels', 'rows', 'hists'].every(
      (field) => field in value && Number.isSafeInteger(Reflect.get(value, field)),
    ) &&
    ['gaps', 'pids'].every((field) => Array.isArray(Reflect.get(value, field))) &&
    'parcelSet' in value
  );
}

const READ_BYTES = 1 << 20;

/** Opened when the first piece is asked for: of a chunk that is stored already the files may be gone. */
async function* read(path: string): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(path, { highWaterMark: READ_BYTES }) as AsyncIterable<Uint8Array>;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new NotStaged(`${path} is not on this host any more`);
  }
}

/** @throws NotStaged, ClaimLost */
export async function copyChunk(
  _context: StepContext,
  dependencies: HostDependencies,
  task: ChunkTask,
): Promise<Accounts> {
  const { order, scene, owner, chunk } = task;
  const selection = await dependencies.selections.check(selectionOf(order));
  const files = new StagedScene(
    dependencies.scratch.sceneFolder(order.tables.results, scene.obsid),
  ).chunkFiles(chunk.chunk);
  const report = await readJson(files.report, isReport);
  if (!report) throw new NotStaged(`chunk ${chunk.chunk} is not on this host any more`);
  await storeChunk(dependencies.pool, selection, scene.obsid, owner, chunk.chunk, {
    signatures: read(files.rows),
    hists: read(files.hists),
    ...(report.clear !== undefined && { clear: read(files.clear) }),
    columns: report.columns,
    accounts: report,
    gaps: report.gaps,
    pids: report.pids,
    parcelSet: report.parcelSet,
    layers: report.layers,
    skipped: report.skipped,
  });
  await Promise.all([files.rows, files.clear, files.hists].map((file) => rm(file, { force: true })));
  return accountsOf(report);
}
