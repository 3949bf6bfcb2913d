/** A scene of one small image, and threads that decode it when they are told to. */
import { setImmediate as turn } from 'node:timers/promises';
import type { Image } from '../../extraction/image.js';
import type { PixelBudget } from '../../extraction/pixel-budget.js';
import { type Planes, ScenePlanes } from '../../extraction/scene-planes.js';
import type { DecodeTask, Threads, ThreadTask } from '../../extraction/tasks.js';
import { Coverage } from '../../zonal/index.js';

export const GRID = { epsg: 32631, width: 64, height: 64, originX: 0, originY: 640, stepX: 10, stepY: -10 };
export const BYTES = 64 * 64;
export const NEVER: AbortSignal = new AbortController().signal;
export const IMAGE: Image = {
  ...{ path: 'B04.jp2', rasterBand: 1, grid: GRID, pixelType: 'uint8', noData: undefined },
  ...{ block: { width: 32, height: 32 }, flat: false, notes: [] },
};

/** Parcel 1 in the upper left block, parcel 2 across both lower ones. */
export function coverage(): Coverage {
  const made = Coverage.allocate(GRID, 2, 2);
  made.pids.set([1, 2]);
  made.offsets.set([0, 1, 2]);
  made.start.set([0, 40 * 64 + 30]);
  made.length.set([3, 4]);
  return made;
}

export class Gate {
  open: () => void = () => undefined;
  readonly opened = new Promise<void>((resolve) => {
    this.open = resolve;
  });
}

/** Decodes when it is told to. */
export class Decoders implements Threads {
  readonly size = 1;
  readonly blocks: number[] = [];
  /** Of the latest block. */
  wanted: DecodeTask['wanted'];
  readonly isAhead: (boolean | undefined)[] = [];
  fails = false;
  private held: Gate | undefined;

  /** Blocks are under way from now on, whatever becomes of who asked for them, until `letGo`. */
  hold(): void {
    this.held = new Gate();
  }

  letGo(): void {
    this.held?.open();
  }

  async run(task: ThreadTask, signal?: AbortSignal): Promise<never> {
    const { block, wanted, isAhead } = task as DecodeTask;
    this.blocks.push(block);
    this.isAhead.push(isAhead);
    this.wanted = wanted;
    await turn();
    if (this.held) await this.held.opened;
    else signal?.throwIfAborted();
    if (this.fails) throw new Error('B04.jp2: a block is damaged');
    return null as never;
  }

  broadcast(): Promise<void> {
    return Promise.resolve();
  }
}

export function scene(
  budget: PixelBudget,
  threads = new Decoders(),
): { planes: ScenePlanes; threads: Decoders } {
  return { planes: new ScenePlanes([IMAGE], [coverage()], threads, budget), threads };
}

/** The planes with the pixels of parcels `firstPid` to `lastPid`. */
export function decoded(
  planes: ScenePlanes,
  firstPid: number,
  lastPid: number,
  signal: AbortSignal,
): Promise<Planes> {
  return planes.use(firstPid, lastPid, signal, (ready) => Promise.resolve(ready));
}

/** Whether so much of the budget can be borrowed, all of it unless told. */
export async function isFree(budget: PixelBudget, bytes = budget.bytes): Promise<boolean> {
  const asking = new AbortController();
  const timer = setTimeout(() => {
    asking.abort();
  }, 200);
  return await budget
    .borrow(bytes, asking.signal)
    .then(
      (giveBack) => {
        giveBack();
        return true;
      },
      () => false,
    )
    .finally(() => {
      clearTimeout(timer);
    });
}
