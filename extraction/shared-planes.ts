/** Planes in reference-counted memory, which goes back when the last who works on them has released it. */
import type { WantedPixels } from '../rasters/index.js';
import type { Image } from './image.js';
import type { Threads, WidenTask } from './tasks.js';
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
    private readonly widened?: WidenedMask,
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
      if (touched) waits.push(plane.blocks.get(block) ?? this.decodeNeeded(plane, block, signal));
    });
    await Promise.all(waits);
  }

  /** Decodes a block that nobody needs yet, once, when a thread is idle; failures are nobody's. */
  decodeAhead(plane: DecodedPlane, block: number, signal: AbortSignal): void {
    if (this.closed || plane.blocks.has(block) || plane.ahead.has(block)) return;
    const decoding = this.decodeBlock(plane, block, signal, true);
    decoding.catch(() => undefined);
    plane.ahead.set(block, decoding);
  }

  private decodeNeeded(plane: DecodedPlane, block: number, signal: AbortSignal): Promise<unknown> {
    const again = (): Promise<unknown> => this.decodeBlock(plane, block, signal);
    // Between the two tries no thread works on the planes.
    this.references += 1;
    const decoding = (plane.ahead.get(block)?.catch(again) ?? again()).finally(() => {
      this.release();
    });
    plane.ahead.delete(block);
    plane.blocks.set(block, decoding);
    decoding.catch(() => plane.blocks.delete(block));
    return decoding;
  }

  private decodeBlock(
    { image, plane, wanted }: DecodedPlane,
    block: number,
    signal: AbortSignal,
    isAhead = false,
  ): Promise<unknown> {
    const { path, rasterBand } = image;
    this.references += 1;
    return this.threads
      .run({ kind: 'decode', path, rasterBand, plane, block, wanted, isAhead }, signal)
      .finally(() => {
        this.release();
      });
  }

  /** The widened mask of acquired planes, made once; undefined where the class map is the mask as it is. */
  async mask(signal: AbortSignal): Promise<Plane | undefined> {
    const { widened } = this;
    if (widened === undefined) return undefined;
    if (widened.making === undefined) {
      this.references += 1;
      const making = this.threads.run(widened.task(), signal).finally(() => {
        this.release();
      });
      widened.making = making;
      making.catch(() => (widened.making = undefined));
    }
    await widened.making;
    return widened.plane;
  }

  private giveBackUnused(): void {
    // Closed and unused they can't be acquired again, so this comes true once.
    if (this.closed && this.references === 0) this.giveBack();
  }
}

/** One band's plane, and the blocks of it that are decoded or being decoded, as far as their pixels are wanted. */
export class DecodedPlane {
  readonly plane: Plane;
  readonly blocks = new Map<number, Promise<unknown>>();
  /** Those that are decoded or tried before anybody needs them. */
  readonly ahead = new Map<number, Promise<unknown>>();

  constructor(
    readonly image: Image,
    pixels: SharedArrayBuffer,
    /** Of all chunks: a block is decoded once for them. */
    readonly wanted: WantedPixels,
  ) {
    const { pixelType, grid, block } = image;
    this.plane = {
      ...{ pixels, pixelType, width: grid.width, height: grid.height },
      ...{ blockWidth: block.width, blockHeight: block.height },
    };
  }
}

/** A class map as the mask of clear rows. */
export interface ClassMask {
  /** Its place among the scene's images. */
  readonly classMap: number;
  /** Its numbers whose pixels are left out. */
  readonly unclear: readonly number[];
  /** What is left out is grown by so many metres. */
  readonly widenM: number;
}

/** The plane of a widened mask, 1 for pixels that count; it is made of all of the class map, decoded. */
export class WidenedMask {
  readonly plane: Plane;
  making: Promise<unknown> | undefined;
  private readonly classMap: DecodedPlane;

  constructor(
    private readonly rule: ClassMask,
    planes: readonly (DecodedPlane | undefined)[],
    pixels: SharedArrayBuffer,
  ) {
    const classMap = planes[rule.classMap];
    if (classMap === undefined) throw new Error("a class map that is not decoded can't be widened");
    this.classMap = classMap;
    this.plane = { ...classMap.plane, pixels, pixelType: 'uint8' };
  }

  task(): WidenTask {
    const { image, plane } = this.classMap;
    const { path, grid } = image;
    const { unclear, widenM } = this.rule;
    return { kind: 'widen', path, grid, plane, unclear, metres: widenM, mask: this.plane.pixels };
  }
}
