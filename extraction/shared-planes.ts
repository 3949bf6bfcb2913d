/** Planes in reference-counted memory, which goes back when the last who works on them has released it. */
import type { Image } from './image.js';
import type { Threads } from './tasks.js';
import type { Plane } from './plane.js';

export class SharedPlanes {
  private references = 0;
  private closed = false;

  /** @param giveBack is called once, when no thread reads or writes the planes any more. */
  constructor(
    /** One a band, or undefined where the file itself is read by window. */
    readonly planes: readonly (DecodedPlane | undefined)[],
    private readonly threads: Threads,
    private readonly giveBack: () => void,
  ) {}

  /** Keeps the planes until `release`; false when they are closed already. */
  acquire(): boolean {
    if (this.closed) return false;
    this.references += 1;
    return true;
  }

  release(): void {
    this.references -= 1;
    this.giveBackUnused();
  }

  /** Gives the memory back as soon as nobody uses them: a block of a cancelled scene may still be under way in a thread. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.giveBackUnused();
  }

  /** Decodes the blocks of acquired planes that are marked with 1, each once. @throws RasterError */
  async decode(plane: DecodedPlane, wanted: Uint8Array, signal: AbortSignal): Promise<void> {
    const waits: Promise<unknown>[] = [];
    wanted.forEach((touched, block) => {
      if (touched) waits.push(plane.blocks.get(block) ?? this.decodeBlock(plane, block, signal));
    });
    await Promise.all(waits);
  }

  private decodeBlock(
    { image, plane, blocks }: DecodedPlane,
    block: number,
    signal: AbortSignal,
  ): Promise<unknown> {
    const { path, rasterBand } = image;
    this.references += 1;
    const decoding = this.threads
      .run({ kind: 'decode', path, rasterBand, plane, block }, signal)
      .finally(() => {
        this.release();
      });
    blocks.set(block, decoding);
    decoding.catch(() => blocks.delete(block));
    return decoding;
  }

  private giveBackUnused(): void {
    // Closed and unused they can't be acquired again, so this comes true once.
    if (this.closed && this.references === 0) this.giveBack();
  }
}

/** One band's plane, and the blocks of it that are decoded or being decoded. */
export class DecodedPlane {
  readonly plane: Plane;
  readonly blocks = new Map<number, Promise<unknown>>();

  constructor(
    readonly image: Image,
    pixels: SharedArrayBuffer,
  ) {
    const { pixelType, grid, block } = image;
    this.plane = {
      ...{ pixels, pixelType, width: grid.width, height: grid.height },
      ...{ blockWidth: block.width, blockHeight: block.height },
    };
  }
}
