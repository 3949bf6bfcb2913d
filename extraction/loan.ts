/** Planes in borrowed memory, which goes back when the last who works on them has ended. */
import type { Image } from './image.js';
import type { Threads } from './tasks.js';
import type { Plane } from './plane.js';

export class Loan {
  private users = 0;
  private ended = false;

  /** @param giveBack is called once, when no thread reads or writes the planes any more. */
  constructor(
    /** One a band, or undefined where the file itself is read by window. */
    readonly planes: readonly (DecodedPlane | undefined)[],
    private readonly threads: Threads,
    private readonly giveBack: () => void,
  ) {}

  /** Keeps the planes until `drop`; false when the loan has ended. */
  hold(): boolean {
    if (this.ended) return false;
    this.users += 1;
    return true;
  }

  drop(): void {
    this.users -= 1;
    this.giveBackUnused();
  }

  /** Gives the memory back as soon as nobody holds it: a block of a cancelled scene may still be under way in a thread. */
  end(): void {
    if (this.ended) return;
    this.ended = true;
    this.giveBackUnused();
  }

  /** Decodes the blocks of a held loan that are marked with 1, each once. @throws RasterError */
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
    this.users += 1;
    const decoding = this.threads
      .run({ kind: 'decode', path, rasterBand, plane, block }, signal)
      .finally(() => {
        this.drop();
      });
    blocks.set(block, decoding);
    decoding.catch(() => blocks.delete(block));
    return decoding;
  }

  private giveBackUnused(): void {
    // Ended and unused it can't be held again, so this comes true once.
    if (this.ended && this.users === 0) this.giveBack();
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
