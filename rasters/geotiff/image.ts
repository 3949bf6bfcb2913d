/** The pixels of a TIFF file, whether or not it says where they lie: windows are put together from the blocks they touch. */
import type { ByteRange } from '../byte-ranges.js';
import { Damage } from '../damage.js';
import type { FileSource } from '../file-source.js';
import { noDataOf } from '../no-data.js';
import type { PixelArray, Target, Window } from '../raster.js';
import { Unsupported } from '../unsupported.js';
import { COMPRESSIONS } from './compression.js';
import type { Directory } from './directory.js';
import { readLayout, rowsBytes } from './layout.js';
import { type Layout } from './block-layout.js';
import { toSamples } from './samples.js';

/** Decoded blocks are kept up to so many bytes: callers read band after band, and strips are thinner than windows. */
const KEPT_BYTES = 64 << 20;
/** Blocks that are decoded at a time; Node's zlib has four threads. */
const BLOCKS_AT_ONCE = 4;

interface Block {
  /** Its number in the file. */
  readonly index: number;
  /** Where its upper left pixel lies in the image. */
  readonly x: number;
  readonly y: number;
}

export class TiffImage {
  readonly layout: Layout;
  /** The file's own no-data value, where its pixels can have it. */
  readonly noData: number | undefined;
  readonly #source: FileSource;
  readonly #kept = new Map<number, PixelArray>();
  #keptBytes = 0;

  constructor(source: FileSource, directory: Directory) {
    this.#source = source;
    this.layout = readLayout(directory);
    this.noData = noDataOf(directory.text('GDAL_NODATA') ?? '', this.layout.pixelType);
  }

  /** Writes the window's pixels of band `band` (1-based). @throws Damage, Unsupported */
  async readWindow(band: number, window: Window, target: Target): Promise<void> {
    const sample = this.layout.samplesPerPixel === 1 ? 0 : band - 1;
    const blocks = this.#blocksOf(band, window);
    let next = 0;
    const lane = async (): Promise<void> => {
      while (next < blocks.length) {
        const block = blocks[next++]!;
        try {
          if (this.layout.byteCounts[block.index] === 0) this.#blank(block, window, target);
          else this.#copy(await this.#samplesOf(block), block, sample, window, target);
        } catch (error) {
          next = blocks.length;
          throw error;
        }
      }
    };
    // All lanes end before this does, so that none writes into a target that was given up.
    const lanes = await Promise.allSettled(Array.from({ length: BLOCKS_AT_ONCE }, lane));
    for (const result of lanes) if (result.status === 'rejected') throw result.reason;
  }

  /** Where the blocks under the window lie in the file. */
  rangesOf(band: number, window: Window): ByteRange[] {
    const { offsets, byteCounts } = this.layout;
    return this.#blocksOf(band, window).map(({ index }) => ({
      from: offsets[index]!,
      to: offsets[index]! + byteCounts[index]!,
    }));
  }

  #blocksOf(band: number, { column, row, width, height }: Window): Block[] {
    const { blockWidth, blockHeight, blockColumns, blockRows, samplesPerPixel } = this.layout;
    const plane = samplesPerPixel === 1 ? (band - 1) * blockColumns * blockRows : 0;
    const blocks: Block[] = [];
    if (width === 0 || height === 0) return blocks;
    for (let r = Math.floor(row / blockHeight); r * blockHeight < row + height; r++) {
      for (let c = Math.floor(column / blockWidth); c * blockWidth < column + width; c++)
        blocks.push({ index: plane + r * blockColumns + c, x: c * blockWidth, y: r * blockHeight });
    }
    return blocks;
  }

  /** Copies what a block and the window share. */
  #copy(samples: PixelArray, block: Block, sample: number, window: Window, target: Target): void {
    const { blockWidth, samplesPerPixel } = this.layout;
    const { left, top, width, height } = this.#shared(block, window);
    const { pixels, stride } = target;
    let to = target.offset + (top - window.row) * stride + left - window.column;
    let from = ((top - block.y) * blockWidth + left - block.x) * samplesPerPixel + sample;
    for (let row = 0; row < height; row++, to += stride, from += blockWidth * samplesPerPixel) {
      if (samplesPerPixel === 1) pixels.set(samples.subarray(from, from + width), to);
      else pickOut(samples, from, samplesPerPixel, pixels, to, width);
    }
  }

  /** A block that was never written (GDAL's SPARSE_OK) is all no-data: 0 is that in every raster. */
  #blank(block: Block, window: Window, target: Target): void {
    const { left, top, width, height } = this.#shared(block, window);
    let to = target.offset + (top - window.row) * target.stride + left - window.column;
    for (let row = 0; row < height; row++, to += target.stride)
      target.pixels.fill(this.noData ?? 0, to, to + width);
  }

  #shared({ x, y }: Block, window: Window): { left: number; top: number; width: number; height: number } {
    const left = Math.max(window.column, x);
    const top = Math.max(window.row, y);
    const right = Math.min(window.column + window.width, x + this.layout.blockWidth);
    const bottom = Math.min(window.row + window.height, y + this.layout.blockHeight);
    return { left, top, width: right - left, height: bottom - top };
  }

  async #samplesOf(block: Block): Promise<PixelArray> {
    const kept = this.#kept.get(block.index);
    const samples = kept ?? (await this.#decode(block));
    // Set anew, it is the last that will be dropped.
    this.#kept.delete(block.index);
    this.#kept.set(block.index, samples);
    if (kept !== undefined) return samples;
    this.#keptBytes += samples.byteLength;
    for (const [oldest, old] of this.#kept) {
      if (this.#keptBytes <= KEPT_BYTES) break;
      this.#kept.delete(oldest);
      this.#keptBytes -= old.byteLength;
    }
    return samples;
  }

  async #decode({ index, y }: Block): Promise<PixelArray> {
    const { layout } = this;
    const { height, blockHeight } = layout;
    // Strips end with the image, and some writers end tiles so.
    const rows = Math.min(blockHeight, height - y);
    try {
      const data = this.#source.read(layout.offsets[index]!, layout.byteCounts[index]!);
      const bytes = await COMPRESSIONS[layout.compression]!(data, rowsBytes(layout, blockHeight), layout);
      if (bytes.length < rowsBytes(layout, rows)) {
        throw new Damage(`holds ${bytes.length} bytes, but ${rowsBytes(layout, rows)} are needed`);
      }
      return toSamples(bytes, layout, rows);
    } catch (error) {
      const said = error instanceof Error ? `block ${index}: ${error.message}` : '';
      if (error instanceof Damage) throw new Damage(said, { cause: error });
      if (error instanceof Unsupported) throw new Unsupported(said, { cause: error });
      throw error;
    }
  }
}

/** One band's samples of a row of pixels. */
function pickOut(
  samples: PixelArray,
  first: number,
  step: number,
  pixels: PixelArray,
  to: number,
  count: number,
): void {
  for (let i = 0, from = first; i < count; i++, from += step) pixels[to + i] = samples[from]!;
}
