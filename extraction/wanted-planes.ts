/** The planes that a scene needs, before there is memory for them. */
import type { WantedPixels } from '../rasters/index.js';
import { blocksBytes, type Image, imageBytes } from './image.js';
import { isByWindow, neededBlocks, type Needs, wantedPixels } from './needed-windows.js';
import type { PlanePool } from './plane-pool.js';
import { type ClassMask, DecodedPlane, SharedPlanes, WidenedMask } from './shared-planes.js';
import type { Threads } from './tasks.js';

/** A plane that is decoded block by block. */
interface WantedPlane {
  readonly image: Image;
  /** Blocks that any parcel needs: 1 for each, row by row. */
  readonly blocks: Uint8Array;
  /** Of the pixels in these. */
  readonly bytes: number;
}

export class WantedPlanes {
  /** Memory that they take. */
  readonly bytes: number;
  /** One an image, or undefined where its file is read by window. */
  private readonly planes: readonly (WantedPlane | undefined)[];
  private readonly widened: ClassMask | undefined;
  private readonly maskBytes: number;
  private readonly pixels = new Map<number, WantedPixels>();

  /**
   * @param clear what clear rows are measured under
   * @param pixelBytes what the memory holds of decoded pixels: bands whose plane would not fit it even alone are read by window
   */
  constructor(
    private readonly needs: Needs,
    clear: ClassMask | undefined,
    pixelBytes: number,
  ) {
    this.planes = needs.images.map((image, i) => {
      if (!needs.coverages[i] || isByWindow(needs, i, pixelBytes)) return undefined;
      const blocks = neededBlocks(needs, i);
      return { image, blocks, bytes: blocksBytes(image, blocks) };
    });
    this.widened = clear !== undefined && clear.widenM > 0 ? clear : undefined;
    this.maskBytes = this.widened ? pixelsOf(needs.images[this.widened.classMap]!) : 0;
    this.bytes = this.planes.reduce((sum, plane) => sum + (plane?.bytes ?? 0), this.maskBytes);
  }

  /** The blocks of an image that are decoded for any parcel. */
  blocksOf(image: number): number[] {
    const blocks = this.planes[image]?.blocks ?? new Uint8Array();
    return [...blocks.keys()].filter((block) => blocks[block] === 1);
  }

  /** @param giveBack is called once, when no thread reads or writes the planes any more. */
  make(spare: PlanePool, threads: Threads, giveBack: () => void): SharedPlanes {
    const { widened, maskBytes } = this;
    const planes = this.planes.map(
      (plane, i) =>
        plane &&
        new DecodedPlane(plane.image, spare.take(imageBytes(plane.image), plane.bytes), this.pixelsOf(i)),
    );
    const mask = widened && new WidenedMask(widened, planes, spare.take(maskBytes, maskBytes));
    return new SharedPlanes(
      planes,
      threads,
      () => {
        planes.forEach((plane, i) => {
          if (plane) spare.keep(plane.plane.pixels, this.planes[i]!.bytes);
        });
        if (mask) spare.keep(mask.plane.pixels, maskBytes);
        giveBack();
      },
      mask,
    );
  }

  /** Whether planes that are made for the other needs hold all that these are to hold, of the same files. */
  areWithin(other: WantedPlanes): boolean {
    return (
      this.planes.length === other.planes.length &&
      isSameMask(this.widened, other.widened) &&
      this.planes.every((plane, i) => {
        const there = other.planes[i];
        if (plane === undefined || there === undefined) return plane === there;
        return (
          isSameBand(plane.image, there.image) &&
          areMarked(plane.blocks, there.blocks) &&
          areMarked(this.pixelsOf(i).marks, other.pixelsOf(i).marks)
        );
      })
    );
  }

  private pixelsOf(image: number): WantedPixels {
    const known = this.pixels.get(image) ?? wantedPixels(this.needs, image);
    this.pixels.set(image, known);
    return known;
  }
}

function isSameBand(a: Image, b: Image): boolean {
  return a.path === b.path && a.rasterBand === b.rasterBand;
}

function isSameMask(a: ClassMask | undefined, b: ClassMask | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return (
    a.classMap === b.classMap &&
    a.widenM === b.widenM &&
    a.unclear.length === b.unclear.length &&
    a.unclear.every((value, i) => value === b.unclear[i])
  );
}

/** Whether all that is marked in the one list is in the other. */
function areMarked(wanted: Uint8Array, there: Uint8Array): boolean {
  if (wanted.length !== there.length) return false;
  // In nearly all cases they are the same, which is told fast.
  if (Buffer.from(wanted.buffer, wanted.byteOffset, wanted.length).equals(there)) return true;
  return wanted.every((mark, i) => mark === 0 || there[i] === 1);
}

function pixelsOf({ grid: { width, height } }: Image): number {
  return width * height;
}
