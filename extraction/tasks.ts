/** The work that runs in threads, and what it needs: plain data and shared memory only. */
import type { CoverTask, CoverResult, JoinTask } from './cover.js';
import type { ExtractTask, ChunkReport } from './extract.js';
import type { Plane } from './plane.js';

/** Decodes one block of a raster's band into a plane of shared memory. */
export interface DecodeTask {
  readonly kind: 'decode';
  readonly path: string;
  readonly rasterBand: number;
  readonly plane: Plane;
  /** Block number, row by row. */
  readonly block: number;
}

/** Closes whatever a thread keeps open below a folder that is about to be removed. */
export interface ForgetTask {
  readonly kind: 'forget';
  readonly folder: string;
}

export type ThreadTask = DecodeTask | CoverTask | JoinTask | ExtractTask | ForgetTask;

export interface ThreadResults {
  decode: null;
  cover: CoverResult;
  join: SharedArrayBuffer;
  extract: ChunkReport;
  forget: null;
}

/** A pool of threads. */
export interface Threads {
  readonly size: number;
  run<T extends ThreadTask>(task: T, signal?: AbortSignal): Promise<ThreadResults[T['kind']]>;
  /** Runs the task on every thread. */
  broadcast(task: ForgetTask): Promise<void>;
}
