/** A JPEG 2000 file as a Raster: windows are put together from the tiles they touch, each decoded for itself. */
import type { PixelType, Raster, RasterGrid, Target, Window } from '../raster.js';
import type { Codestream } from './codestream.js';
import type { DecodedTile } from './reconstruction.js';
import type { Georeference } from './georeference.js';
import { threadKernel } from './kernel.js';
import { oneTileCodestream } from './one-tile.js';
import { decodeWithOpenJpeg, type InterleavedTile } from './openjpeg.js';
import { tileRectangle, type ImageSize, type Rectangle } from './siz.js';
import type { FileSource } from '../file-source.js';
import { orRefusal } from '../refusal.js';
import { checkRequest } from '../request.js';
import { decodeTile } from './tile-decoder.js';
import { Unsupported } from '../unsupported.js';

export class Jpeg2000Raster implements Raster {
  readonly format = 'JPEG 2000';
  readonly noData = undefined;
  readonly flat = false;
  readonly path: string;
  readonly grid: RasterGrid;
  readonly bandCount: number;
  readonly pixelType: PixelType;
  /** Tiles; where the image doesn't start at a tile's corner, the first column and row of them are smaller than this. */
  readonly block: { readonly width: number; readonly height: number };
  /** The tile OpenJPEG decoded last: it decodes all components at once, and callers read band after band. */
  private recent: { readonly tile: number; readonly decoded: InterleavedTile } | undefined;

  constructor(
    private readonly source: FileSource,
    private readonly codestream: Codestream,
    georeference: Georeference,
    readonly notes: readonly string[],
  ) {
    const { image, tileWidth, tileHeight, components } = codestream.size;
    const width = image.x1 - image.x0;
    const height = image.y1 - image.y0;
    this.path = source.path;
    this.grid = { ...georeference, width, height };
    this.bandCount = components.length;
    this.pixelType = pixelTypeOf(codestream.size);
    this.block = { width: Math.min(tileWidth, width), height: Math.min(tileHeight, height) };
  }

  async readWindow(band: number, window: Window, target: Target): Promise<void> {
    checkRequest(this, this.grid, band, window, target);
    const { size } = this.codestream;
    const x0 = size.image.x0 + window.column;
    const y0 = size.image.y0 + window.row;
    const wanted = { x0, y0, x1: x0 + window.width, y1: y0 + window.height };
    await orRefusal(this.path, async () => {
      for (const tile of tilesUnder(size, wanted)) await this.readTile(band - 1, tile, wanted, target);
    });
  }

  close(): Promise<void> {
    this.source.close();
    this.recent = undefined;
    return Promise.resolve();
  }

  private async readTile(component: number, tile: number, wanted: Rectangle, target: Target): Promise<void> {
    const { source, codestream } = this;
    const rectangle = tileRectangle(codestream.size, tile);
    const decoded = decodeTile(source, codestream, tile, component, threadKernel());
    if (decoded) copyRows(decoded, rectangle, wanted, target);
    else copySamples(await this.decodeElsewhere(tile), component, rectangle, wanted, target);
  }

  private async decodeElsewhere(tile: number): Promise<InterleavedTile> {
    if (this.recent?.tile !== tile) {
      this.recent = undefined;
      const decoded = await decodeWithOpenJpeg(oneTileCodestream(this.source, this.codestream, tile));
      this.recent = { tile, decoded };
    }
    return this.recent.decoded;
  }
}

/** Copies what a tile and the window share. */
function copyRows(
  { samples, stride }: DecodedTile,
  tile: Rectangle,
  wanted: Rectangle,
  target: Target,
): void {
  const { x0, y0, x1, y1 } = intersection(tile, wanted);
  for (let y = y0; y < y1; y++) {
    const from = (y - tile.y0) * stride - tile.x0;
    const to = target.offset + (y - wanted.y0) * target.stride + x0 - wanted.x0;
    target.pixels.set(samples.subarray(from + x0, from + x1), to);
  }
}

/** The same, one component out of interleaved ones. */
function copySamples(
  { samples, componentCount, width }: InterleavedTile,
  component: number,
  tile: Rectangle,
  wanted: Rectangle,
  target: Target,
): void {
  const { x0, y0, x1, y1 } = intersection(tile, wanted);
  for (let y = y0; y < y1; y++) {
    let from = ((y - tile.y0) * width + x0 - tile.x0) * componentCount + component;
    let to = target.offset + (y - wanted.y0) * target.stride + x0 - wanted.x0;
    for (let x = x0; x < x1; x++, to++, from += componentCount) target.pixels[to] = samples[from]!;
  }
}

function intersection(a: Rectangle, b: Rectangle): Rectangle {
  return {
    x0: Math.max(a.x0, b.x0),
    y0: Math.max(a.y0, b.y0),
    x1: Math.min(a.x1, b.x1),
    y1: Math.min(a.y1, b.y1),
  };
}

/** The one type that all components share: bands of a Raster do. */
function pixelTypeOf({ components }: ImageSize): PixelType {
  const [first] = components;
  for (const { precision, signed, stepX, stepY } of components) {
    if (precision !== first?.precision || signed !== first.signed) {
      throw new Unsupported('has components of different precision');
    }
    if (stepX !== 1 || stepY !== 1) throw new Unsupported('has subsampled components');
  }
  const { precision, signed } = first!;
  if (precision > 16) throw new Unsupported(`has samples of ${precision} bits; at most 16 are read`);
  return precision <= 8 ? (signed ? 'int8' : 'uint8') : signed ? 'int16' : 'uint16';
}

/** Numbers of the tiles that share pixels with a rectangle of the reference grid. */
function* tilesUnder(size: ImageSize, { x0, y0, x1, y1 }: Rectangle): Generator<number> {
  const index = (position: number, origin: number, step: number): number =>
    Math.floor((position - origin) / step);
  const lastColumn = index(x1 - 1, size.tileOriginX, size.tileWidth);
  const lastRow = index(y1 - 1, size.tileOriginY, size.tileHeight);
  if (x1 <= x0 || y1 <= y0) return;
  for (let row = index(y0, size.tileOriginY, size.tileHeight); row <= lastRow; row++) {
    for (let column = index(x0, size.tileOriginX, size.tileWidth); column <= lastColumn; column++) {
      yield row * size.tileColumns + column;
    }
  }
}
