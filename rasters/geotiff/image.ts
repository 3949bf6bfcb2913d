/** The pixels of a TIFF file, whether or not it says where they lie: windows are put together from the blocks they touch. */
import { Damage } from '../jpeg2000/damage.js';
import type { FileSource } from '../jpeg2000/source.js';
import type { PixelArray, Target, Window } from '../raster.js';
import { COMPRESSIONS } from './compression.js';
import { Tag, type Directory } from './directory.js';
import { readLayout, rowsBytes, type Layout } from './layout.js';
import { toSamples } from './samples.js';

/** Decoded blocks are kept up to so many bytes: callers read band after band, and strips are thinner than windows. */
const KEPT_BYTES = 32 << 20;

export class TiffImage {
  readonly layout: Layout;
  readonly noData: number | undefined;
  readonly #source: FileSource;
  readonly #kept = new Map<number, PixelArray>();
  #keptBytes = 0;

  constructor(source: FileSource, directory: Directory) {
    this.#source = source;
    this.layout = readLayout(directory);
    this.noData = parseNoData(directory.text(Tag.gdalNoData));
  }

  /** Writes the window's pixels of band `band` (1-based). @throws Damage */
  async readWindow(band: number, window: Window, target: Target): Promise<void> {
    const { blockWidth, blockHeight, blockColumns, blockRows, samplesPerPixel } = this.layout;
    const plane = samplesPerPixel === 1 ? (band - 1) * blockColumns * blockRows : 0;
    const sample = samplesPerPixel === 1 ? 0 : band - 1;
    if (window.width === 0 || window.height === 0) return;
    const lastColumn = Math.floor((window.column + window.width - 1) / blockWidth);
    const lastRow = Math.floor((window.row + window.height - 1) / blockHeight);
    for (let row = Math.floor(window.row / blockHeight); row <= lastRow; row++) {
      for (let column = Math.floor(window.column / blockWidth); column <= lastColumn; column++) {
        const samples = await this.#block(plane + row * blockColumns + column, row);
        this.#copy(samples, column * blockWidth, row * blockHeight, sample, window, target);
      }
    }
  }

  /** Copies what a block and the window share; the block's upper left pixel is (`x`, `y`) of the image. */
  #copy(samples: PixelArray, x: number, y: number, sample: number, window: Window, target: Target): void {
    const { blockWidth, blockHeight, samplesPerPixel } = this.layout;
    const left = Math.max(window.column, x);
    const right = Math.min(window.column + window.width, x + blockWidth);
    const bottom = Math.min(window.row + window.height, y + blockHeight);
    const { pixels } = target;
    for (let row = Math.max(window.row, y); row < bottom; row++) {
      let to = target.offset + (row - window.row) * target.stride + left - window.column;
      let from = ((row - y) * blockWidth + left - x) * samplesPerPixel + sample;
      if (samplesPerPixel === 1) {
        pixels.set(samples.subarray(from, from + right - left), to);
        continue;
      }
      for (const end = to + right - left; to < end; to++, from += samplesPerPixel)
        pixels[to] = samples[from]!;
    }
  }

  async #block(index: number, row: number): Promise<PixelArray> {
    const kept = this.#kept.get(index);
    if (kept !== undefined) return kept;
    const samples = await this.#decode(index, row);
    for (const [oldest, old] of this.#kept) {
      if (this.#keptBytes + samples.byteLength <= KEPT_BYTES) break;
      this.#kept.delete(oldest);
      this.#keptBytes -= old.byteLength;
    }
    this.#kept.set(index, samples);
    this.#keptBytes += samples.byteLength;
    return samples;
  }

  async #decode(index: number, row: number): Promise<PixelArray> {
    const { layout } = this;
    const { tiled, height, blockHeight } = layout;
    const rows = tiled ? blockHeight : Math.min(blockHeight, height - row * blockHeight);
    const [offset, byteCount] = [layout.offsets[index]!, layout.byteCounts[index]!];
    if (byteCount === 0) {
      // A block that was never written (GDAL's SPARSE_OK) is all no-data.
      return toSamples(new Uint8Array(rowsBytes(layout, rows)), { ...layout, predictor: 1 }, rows).fill(
        this.noData ?? 0,
      );
    }
    try {
      const data = this.#source.read(offset, byteCount);
      const bytes = await COMPRESSIONS[layout.compression]!(data, rowsBytes(layout, blockHeight), layout);
      if (bytes.length < rowsBytes(layout, rows)) {
        throw new Damage(`holds ${bytes.length} bytes, but ${rowsBytes(layout, rows)} are needed`);
      }
      return toSamples(bytes, layout, rows);
    } catch (error) {
      if (!(error instanceof Damage)) throw error;
      throw new Damage(`block ${index}: ${error.message}`, { cause: error });
    }
  }
}

/** GDAL's no-data tag: a number as text, `nan` too. */
function parseNoData(text: string | undefined): number | undefined {
  const trimmed = text?.trim().toLowerCase();
  if (trimmed === undefined || trimmed === '') return undefined;
  if (trimmed === 'nan' || trimmed === '-nan') return NaN;
  const value = Number(trimmed);
  return Number.isNaN(value) ? undefined : value;
}
