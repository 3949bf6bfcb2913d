/** ENVI rasters: raw pixels in one file, a text header beside it. SNAP writes the CARD-BS products so. */
import { closeSync, fstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { type ByteRange, joined } from './byte-ranges.js';
import { Damage } from './damage.js';
import { enviGrid } from './envi-grid.js';
import { MAX_HEADER_BYTES, parseEnviHeader, type EnviHeader } from './envi-header.js';
import { FileSource } from './file-source.js';
import {
  PIXEL_ARRAYS,
  RasterError,
  type PixelType,
  type Raster,
  type RasterGrid,
  type Target,
  type Window,
} from './raster.js';
import { asRefusal, orRefusalSync } from './refusal.js';
import { checkRequest } from './request.js';

/** Blocks are whole rows, as many as make about this many bytes. */
const BLOCK_BYTES = 4 << 20;

/**
 * Opens the ENVI file at `path` (the pixels; its header is found beside it).
 * @throws RasterError for a header that is missing or wrong, a rotated grid, a CRS without an EPSG code, or a file that is
 * shorter than its header promises.
 */
export async function openEnvi(path: string): Promise<Raster> {
  const headerPath = findEnviHeader(path);
  if (headerPath === undefined) throw new RasterError(path, 'has no ENVI header (.hdr) beside it');
  const header = parseEnviHeader(headerPath, readHeader(headerPath));
  return Promise.resolve(new EnviRaster(path, header, enviGrid(headerPath, header)));
}

/** One byte more than a header may have, so that the reader of it sees when it has. */
function readHeader(path: string): string {
  try {
    const descriptor = openSync(path, 'r');
    try {
      const bytes = Buffer.alloc(Math.min(fstatSync(descriptor).size, MAX_HEADER_BYTES + 1));
      return bytes.toString('latin1', 0, readSync(descriptor, bytes, 0, bytes.length, 0));
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    throw asRefusal(path, error);
  }
}

/** The header of an ENVI file: `x.hdr` or `x.img.hdr` for `x.img`, in any case. */
export function findEnviHeader(path: string): string | undefined {
  const folder = dirname(path);
  const name = basename(path);
  const stem = name.slice(0, name.length - extname(name).length);
  const wanted = [`${stem}.hdr`, `${name}.hdr`].map((candidate) => candidate.toLowerCase());
  const found = readdirSync(folder).filter((entry) => entry !== name && wanted.includes(entry.toLowerCase()));
  // On a file system that tells cases apart, the header in this file's own case is meant.
  found.sort((a, b) => Number(b.startsWith(stem)) - Number(a.startsWith(stem)));
  return found[0] === undefined ? undefined : join(folder, found[0]);
}

class EnviRaster implements Raster {
  readonly format = 'ENVI';
  readonly flat = true;
  readonly isListed = true;
  readonly bandCount: number;
  readonly pixelType: PixelType;
  readonly noData: number | undefined;
  readonly block: { readonly width: number; readonly height: number };
  readonly #header: EnviHeader;
  readonly #pixelBytes: number;
  readonly #source: FileSource;

  constructor(
    readonly path: string,
    header: EnviHeader,
    readonly grid: RasterGrid,
  ) {
    const { width, height, bandCount, pixelType, offset } = header;
    this.#header = header;
    this.#pixelBytes = PIXEL_ARRAYS[pixelType].BYTES_PER_ELEMENT;
    this.bandCount = bandCount;
    this.pixelType = pixelType;
    this.noData = header.noData;
    const rows = Math.max(1, Math.floor(BLOCK_BYTES / (width * this.#pixelBytes)));
    this.block = { width, height: Math.min(rows, height) };
    this.#source = this.#open(offset + width * height * bandCount * this.#pixelBytes);
  }

  async readWindow(band: number, window: Window, target: Target): Promise<void> {
    checkRequest(this, this.grid, band, window, target);
    if (this.#header.interleave === 'bip' && this.bandCount > 1) this.#readSpread(band, window, target);
    else this.#readRows(band, window, target);
    return Promise.resolve();
  }

  rangesOf(band: number, { column, row, width, height }: Window): ByteRange[] {
    const { width: lineWidth, interleave, offset } = this.#header;
    const isSpread = interleave === 'bip' && this.bandCount > 1;
    const pixelBytes = this.#pixelBytes * (isSpread ? this.bandCount : 1);
    return joined(
      Array.from({ length: height }, (_, line) => {
        const first = (isSpread ? row + line : this.#lineOf(band, row + line)) * lineWidth + column;
        const from = offset + first * pixelBytes;
        return { from, to: from + width * pixelBytes };
      }),
    );
  }

  close(): Promise<void> {
    this.#source.close();
    return Promise.resolve();
  }

  #open(neededBytes: number): FileSource {
    const source = orRefusalSync(this.path, () => new FileSource(this.path));
    if (source.size >= neededBytes) return source;
    source.close();
    throw new RasterError(
      this.path,
      `has ${source.size} bytes, but its header promises ${neededBytes}: it is truncated`,
    );
  }

  /** The line of the file that holds a row of a band, where its pixels lie together. */
  #lineOf(band: number, row: number): number {
    const { height: lines, interleave } = this.#header;
    return interleave === 'bil' ? row * this.bandCount + band - 1 : (band - 1) * lines + row;
  }

  /** A band's pixels of a row lie together (bsq, bil): they are read to where they belong and turned round there. */
  #readRows(band: number, { column, row, width, height }: Window, { pixels, offset, stride }: Target): void {
    const { width: lineWidth, interleave } = this.#header;
    const together = interleave !== 'bil' || this.bandCount === 1;
    const whole = together && width === lineWidth && stride === lineWidth;
    const runs = whole ? 1 : height;
    const runPixels = whole ? width * height : width;
    for (let run = 0; run < runs; run++) {
      const line = this.#lineOf(band, row + run);
      const at = offset + run * stride;
      const bytes = bytesOf(pixels.subarray(at, at + runPixels));
      this.#read(bytes, (line * lineWidth + column) * this.#pixelBytes);
    }
  }

  /** A pixel's bands lie together (bip): whole stretches of a row are read, and the band picked out. */
  #readSpread(
    band: number,
    { column, row, width, height }: Window,
    { pixels, offset, stride }: Target,
  ): void {
    const { width: lineWidth } = this.#header;
    const bands = this.bandCount;
    const spread = new PIXEL_ARRAYS[this.pixelType](width * bands);
    for (let r = 0; r < height; r++) {
      this.#read(bytesOf(spread), ((row + r) * lineWidth + column) * bands * this.#pixelBytes);
      let to = offset + r * stride;
      for (let from = band - 1; from < spread.length; from += bands) pixels[to++] = spread[from]!;
    }
  }

  /** Fills `bytes` with pixels from `position` on (counted after the header offset), in the machine's byte order. */
  #read(bytes: Buffer, position: number): void {
    const start = this.#header.offset + position;
    try {
      this.#source.readInto(start, bytes);
    } catch (error) {
      if (!(error instanceof Damage)) throw error;
      throw new RasterError(this.path, `was cut after it was opened: ${error.message}`, { cause: error });
    }
    if (this.#header.littleEndian) return;
    if (this.#pixelBytes === 2) bytes.swap16();
    else if (this.#pixelBytes === 4) bytes.swap32();
    else if (this.#pixelBytes === 8) bytes.swap64();
  }
}

function bytesOf(pixels: { buffer: ArrayBufferLike; byteOffset: number; byteLength: number }): Buffer {
  return Buffer.from(pixels.buffer, pixels.byteOffset, pixels.byteLength);
}
