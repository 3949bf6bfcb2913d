/** The work that runs in threads, and what it needs: plain data and shared memory only. */
import type { CloudyTask } from './cloudy-parcels.js';
import type { CoverTask, CoverResult, JoinTask } from './cover.js';
import type { ExtractTask, ChunkReport } from './extract.js';
import type { RasterGrid, WantedPixels } from '../rasters/index.js';
import type { Plane } from './plane.js';

/** Decodes one block of a raster's band into a plane of shared memory. */
export interface DecodeTask {
  readonly kind: 'decode';
  readonly path: string;
  readonly rasterBand: number;
  readonly plane: Plane;
  /** Block number, row by row. */
  readonly block: number;
  /** The pixels that anybody will look at, by default all of them. */
  readonly wanted?: WantedPixels | undefined;
  /** A download waits for it: it comes before the blocks that chunks wait for. */
  readonly isUrgent?: boolean | undefined;
  /** Nobody waits for it yet: it comes behind all others. */
  readonly isAhead?: boolean | undefined;
}

/** Makes a mask of a decoded class map, in which what is left out is grown. */
export interface WidenTask {
  readonly kind: 'widen';
  /** For messages. */
  readonly path: string;
  readonly plane: Plane;
  readonly unclear: readonly number[];
  readonly grid: RasterGrid;
  readonly metres: number;
  /** A byte a pixel, 1 for those that count. */
  readonly mask: SharedArrayBuffer;
}

/** Closes whatever a thread keeps open below a folder that is about to be removed. */
export interface ForgetTask {
  readonly kind: 'forget';
  readonly folder: string;
}

export type ThreadTask =
  DecodeTask | CoverTask | JoinTask | WidenTask | CloudyTask | ExtractTask | ForgetTask;

export interface ThreadResults {
  decode: null;
  cover: CoverResult;
  join: SharedArrayBuffer;
  widen: null;
  'find-cloudy': Uint8Array[];
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
