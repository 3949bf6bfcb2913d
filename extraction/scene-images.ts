/** The rasters of one staged scene and, for formats that have to be decoded, their pixels in memory. */
import { openRaster } from '../rasters/open.js';
import { PIXEL_ARRAYS, type Raster, type RasterGrid } from '../rasters/raster.js';
import type { Coverage } from '../zonal/coverage.js';
import type { PixelBudget } from './pixel-budget.js';
import type { Plane, Threads } from './tasks.js';
import { untilAborted } from './until-aborted.js';

/** What the header of a band's raster says. */
export interface Image {
  readonly path: string;
  readonly rasterBand: number;
  readonly grid: RasterGrid;
  readonly pixelType: Raster['pixelType'];
  readonly noData: number | undefined;
  readonly block: Raster['block'];
  readonly flat: boolean;
}

/** Reads a raster's header. @throws RasterError */
export async function readImage(path: string, rasterBand: number): Promise<Image> {
  const raster = await openRaster(path);
  try {
    const { grid, pixelType, noData, block, flat } = raster;
    return { path, rasterBand, grid, pixelType, noData, block, flat };
  } finally {
    await raster.close();
  }
}

/** Planes in borrowed memory, one a band, and the way to give it back. */
interface Loan {
  readonly planes: readonly (DecodedPlane | undefined)[];
  readonly giveBack: () => void;
}

/** Planes of a scene's bands, decoded block by block as chunks need them, given back when no chunk does any more. */
export class ScenePlanes {
  private loan: Promise<Loan> | undefined;
  /** Ends what chunks share; a chunk that is cancelled only stops waiting for it. */
  private readonly closing = new AbortController();

  constructor(
    private readonly images: readonly Image[],
    private readonly coverages: readonly Coverage[],
    private readonly threads: Threads,
    private readonly budget: PixelBudget,
  ) {}

  /**
   * Makes sure that every pixel of the parcels `firstPid` to `lastPid` is decoded.
   * @returns a plane for each band, or undefined where the file itself is read by window.
   */
  ready(firstPid: number, lastPid: number, signal: AbortSignal): Promise<(Plane | undefined)[]> {
    return untilAborted(this.decoded(firstPid, lastPid), signal);
  }

  /** Frees the pixels. A chunk that comes back later decodes what it needs anew. */
  release(): void {
    const { loan } = this;
    this.loan = undefined;
    // One that is still being waited for is given back as soon as it is granted.
    void loan?.then(
      ({ giveBack }) => {
        giveBack();
      },
      () => undefined,
    );
  }

  /** Frees the pixels for good: a chunk that still runs is not wanted any more, and borrows no memory again. */
  close(): void {
    this.closing.abort(new Error('the scene is not extracted here any more'));
    this.release();
  }

  private async decoded(firstPid: number, lastPid: number): Promise<(Plane | undefined)[]> {
    const { signal } = this.closing;
    signal.throwIfAborted();
    const loan = (this.loan ??= this.borrow());
    const { planes } = await loan.catch((error: unknown) => {
      if (this.loan === loan) this.loan = undefined;
      throw error;
    });
    const blocksOf = touchedBlocks(firstPid, lastPid);
    await Promise.all(
      planes.map(async (plane, band) => {
        const coverage = this.coverages[band];
        if (!plane || !coverage) return;
        const { blockWidth, blockHeight } = plane.plane;
        await plane.decode(blocksOf(coverage, blockWidth, blockHeight), signal);
      }),
    );
    return planes.map((plane) => plane?.plane);
  }

  /** Bands whose plane would not fit the budget even alone are read by window, block by block, from their file. */
  private async borrow(): Promise<Loan> {
    const decoded = this.images.map((image) => !image.flat && planeBytes(image) <= this.budget.bytes);
    const blocksOf = touchedBlocks();
    const bytes = this.images.reduce((sum, image, i) => {
      const coverage = this.coverages[i];
      if (!decoded[i] || !coverage) return sum;
      return sum + touchedBytes(image, blocksOf(coverage, image.block.width, image.block.height));
    }, 0);
    const giveBack = await this.budget.borrow(bytes, this.closing.signal);
    const planes = this.images.map((image, i) =>
      decoded[i] ? new DecodedPlane(image, this.threads) : undefined,
    );
    return { planes, giveBack };
  }
}

/** Pages of a plane that no block is decoded into are never touched, so they cost nothing. */
function touchedBytes(image: Image, blocks: Uint8Array): number {
  const { width, height } = image.block;
  const touched = blocks.reduce((sum, one) => sum + one, 0);
  return Math.min(
    planeBytes(image),
    touched * width * height * PIXEL_ARRAYS[image.pixelType].BYTES_PER_ELEMENT,
  );
}

type BlocksOf = (coverage: Coverage, blockWidth: number, blockHeight: number) => Uint8Array;

/** The blocks that hold a pixel of the parcels `firstPid` to `lastPid`, found once for all bands that are cut alike. */
function touchedBlocks(firstPid = -Infinity, lastPid = Infinity): BlocksOf {
  const known: { coverage: Coverage; cut: string; blocks: Uint8Array }[] = [];
  return (coverage, blockWidth, blockHeight) => {
    const cut = `${blockWidth} x ${blockHeight}`;
    const found = known.find((one) => one.coverage === coverage && one.cut === cut);
    if (found) return found.blocks;
    const { from, to } = coverage.range(firstPid, lastPid);
    const blocks = coverage.touchedBlocks(blockWidth, blockHeight, from, to);
    known.push({ coverage, cut, blocks });
    return blocks;
  };
}

function planeBytes({ grid, pixelType }: Image): number {
  return grid.width * grid.height * PIXEL_ARRAYS[pixelType].BYTES_PER_ELEMENT;
}

class DecodedPlane {
  readonly plane: Plane;
  /** Blocks decoded or being decoded. */
  private readonly blocks = new Map<number, Promise<unknown>>();

  constructor(
    private readonly image: Image,
    private readonly threads: Threads,
  ) {
    this.plane = {
      pixels: new SharedArrayBuffer(planeBytes(image)),
      pixelType: image.pixelType,
      width: image.grid.width,
      height: image.grid.height,
      blockWidth: image.block.width,
      blockHeight: image.block.height,
    };
  }

  /** Decodes the blocks marked with 1, each once. */
  async decode(wanted: Uint8Array, signal: AbortSignal): Promise<void> {
    const waits: Promise<unknown>[] = [];
    wanted.forEach((touched, block) => {
      if (touched) waits.push(this.blocks.get(block) ?? this.decodeBlock(block, signal));
    });
    await Promise.all(waits);
  }

  private decodeBlock(block: number, signal: AbortSignal): Promise<unknown> {
    const { path, rasterBand } = this.image;
    const decoding = this.threads.run({ kind: 'decode', path, rasterBand, plane: this.plane, block }, signal);
    this.blocks.set(block, decoding);
    decoding.catch(() => this.blocks.delete(block));
    return decoding;
  }
}
