/** The pixels of one scene in memory, decoded block by block as chunks need them, given back when no chunk does any more. */
import type { Coverage } from '../zonal/index.js';
import type { DecodedAhead } from './decoded-ahead.js';
import type { Image } from './image.js';
import type { AlsoDecoded } from './masking.js';
import { neededBlocks, type Needs } from './needed-windows.js';
import type { ClassMask, SharedPlanes } from './shared-planes.js';
import type { PixelBudget } from './pixel-budget.js';
import type { Threads } from './tasks.js';
import type { Plane } from './plane.js';
import { rejectOnAbort } from './reject-on-abort.js';
import { WantedPlanes } from './wanted-planes.js';

/** A plane for each band, or undefined where the file itself is read by window. */
export type Planes = readonly (Plane | undefined)[];

/** What is needed of a scene besides the blocks under the parcels' pixels of each image's own grid. */
export interface Beside {
  readonly alsoDecoded?: readonly AlsoDecoded[] | undefined;
  /** See `Needs`; where it is left out, that of `clear`. */
  readonly classMap?: number | undefined;
  /**
   * What clear rows are measured under. Each chunk looks it up, so it is read once, in any format; where it is widened, its
   * blocks must all be among those above.
   */
  readonly clear?: ClassMask | undefined;
}

export class ScenePlanes {
  private shared: Promise<SharedPlanes> | undefined;
  /** Ends what chunks share; a chunk that is cancelled only stops waiting for it. */
  private readonly closing = new AbortController();
  private readonly wanted: WantedPlanes;
  private ahead: DecodedAhead | undefined;

  constructor(
    private readonly images: readonly Image[],
    private readonly coverages: readonly Coverage[],
    private readonly threads: Threads,
    private readonly budget: PixelBudget,
    private readonly beside: Beside = {},
  ) {
    this.wanted = new WantedPlanes(this.needs, beside.clear, budget.bytes);
  }

  /**
   * Takes planes of which some blocks are decoded already, before any chunk has asked for pixels.
   * @returns false where they don't hold all that is needed here
   */
  adopt(ahead: DecodedAhead): boolean {
    if (!this.wanted.areWithin(ahead.wanted)) return false;
    this.ahead = ahead;
    return true;
  }

  /**
   * Calls `measure` when every pixel of the parcels `firstPid` to `lastPid` is decoded. The planes are its own until what it
   * returns has settled, so that must not be before the last thread has looked at them.
   */
  async use<T>(
    firstPid: number,
    lastPid: number,
    signal: AbortSignal,
    measure: (planes: Planes, mask: Plane | undefined) => Promise<T>,
  ): Promise<T> {
    const acquiring = this.acquire();
    const shared = await rejectOnAbort(acquiring, signal).catch((error: unknown) => {
      // It may still be granted, to nobody.
      void acquiring.then(
        (granted) => {
          granted.release();
        },
        () => undefined,
      );
      throw error;
    });
    try {
      await rejectOnAbort(this.decode(shared, firstPid, lastPid), signal);
      const mask = await rejectOnAbort(shared.mask(this.closing.signal), signal);
      return await measure(
        shared.planes.map((plane) => plane?.plane),
        mask,
      );
    } finally {
      shared.release();
    }
  }

  /** Frees the pixels. A chunk that comes back later decodes what it needs anew. */
  release(): void {
    const { shared } = this;
    this.shared = undefined;
    // One that is still being waited for is given back as soon as it is granted.
    void shared?.then(
      (granted) => {
        granted.close();
      },
      () => undefined,
    );
  }

  /** Frees the pixels for good: a chunk that still runs is not wanted any more, and borrows no memory again. */
  close(): void {
    this.closing.abort(new Error('the scene is not extracted here any more'));
    this.ahead?.close();
    this.release();
  }

  /** The planes of all chunks, acquired for one more; where they have just been closed, the next ones. */
  private async acquire(): Promise<SharedPlanes> {
    for (;;) {
      this.closing.signal.throwIfAborted();
      const promised = (this.shared ??= this.borrow());
      const shared = await promised.catch((error: unknown) => {
        if (this.shared === promised) this.shared = undefined;
        throw error;
      });
      if (shared.acquire()) return shared;
    }
  }

  private async decode(shared: SharedPlanes, firstPid: number, lastPid: number): Promise<void> {
    const { signal } = this.closing;
    signal.throwIfAborted();
    await Promise.all(
      shared.planes.map(async (plane, band) => {
        if (!plane) return;
        await shared.decode(plane, neededBlocks(this.needs, band, firstPid, lastPid), signal);
      }),
    );
  }

  private get needs(): Needs {
    const { images, coverages, beside } = this;
    return {
      images,
      coverages,
      alsoDecoded: beside.alsoDecoded,
      classMap: beside.classMap ?? beside.clear?.classMap,
    };
  }

  private async borrow(): Promise<SharedPlanes> {
    const { threads, budget } = this;
    const decoded = this.ahead?.take();
    if (decoded) return decoded;
    const giveBack = await budget.borrow(this.wanted.bytes, this.closing.signal);
    return this.wanted.make(budget.spare, threads, giveBack);
  }
}
