/** A JPEG 2000 file as a Raster: windows are put together from the tiles they touch, each decoded for itself. */
import type { BlockPlace } from '../block-places.js';
import { type ByteRange, joined } from '../byte-ranges.js';
import type { PixelType, Raster, RasterGrid, Seek, Target, Window } from '../raster.js';
import type { Codestream } from './codestream.js';
import type { DecodedTile, IsWanted } from './reconstruction.js';
import type { Georeference } from './stated-georeference.js';
import { threadKernel } from './kernel.js';
import { decodeHighThroughput } from './high-throughput.js';
import type { InterleavedTile } from './openjpeg.js';
import { pixelTypeOf, tileRectangle, type ImageSize, type Rectangle } from './siz.js';
import type { FileSource } from '../file-source.js';
import { orRefusal, orRefusalSync } from '../refusal.js';
import { checkRequest } from '../request.js';
import { isAnyWanted, type WantedPixels } from '../wanted-pixels.js';
import { decodeTile } from './tile-decoder.js';

export class Jpeg2000Raster implements Raster {
  readonly format = 'JPEG 2000';
  readonly flat = false;
  readonly path: string;
  readonly grid: RasterGrid;
  readonly bandCount: number;
  readonly pixelType: PixelType;
  /** Tiles; where the image doesn't start at a tile's corner, the first column and row of them are smaller than this. */
  readonly block: { readonly width: number; readonly height: number };
  /** The tile of which several components were decoded last, since they come together, and callers read band after band. */
  private recent: Recent | undefined;

  constructor(
    private readonly source: FileSource,
    private readonly codestream: Codestream,
    georeference: Georeference,
    readonly notes: readonly string[],
    readonly noData: number | undefined,
  ) {
    const { image, tileWidth, tileHeight, components } = codestream.size;
    const width = image.x1 - image.x0;
    const height = image.y1 - image.y0;
    this.path = source.path;
    this.grid = { ...georeference, width, height };
    this.bandCount = components.length;
    this.pixelType = pixelTypeOf(codestream.size.components);
    this.block = { width: Math.min(tileWidth, width), height: Math.min(tileHeight, height) };
  }

  get isListed(): boolean {
    return this.codestream.tiles.isListed;
  }

  async readWindow(band: number, window: Window, target: Target, wanted?: WantedPixels): Promise<void> {
    checkRequest(this, this.grid, band, window, target);
    const rectangle = this.onReferenceGrid(window);
    const isWanted = wanted && this.asked(wanted);
    await orRefusal(this.path, async () => {
      for (const tile of tilesUnder(this.codestream.size, rectangle))
        await this.readTile(band - 1, tile, rectangle, target, isWanted);
    });
  }

  /** Of all bands: they lie in the same tile-parts. */
  rangesOf(_band: number, window: Window): ByteRange[] {
    const { tiles, size } = this.codestream;
    return orRefusalSync(this.path, () =>
      joined(
        [...tilesUnder(size, this.onReferenceGrid(window))].flatMap((tile) =>
          tiles.of(tile).map(({ position, length }) => ({ from: position, to: position + length })),
        ),
      ),
    );
  }

  seek(windows: readonly Window[]): readonly Seek[] | undefined {
    const { tiles, size } = this.codestream;
    return tiles.search?.seeks(
      new Set(windows.flatMap((window) => [...tilesUnder(size, this.onReferenceGrid(window))])),
    );
  }

  places(): BlockPlace[] {
    return this.codestream.tiles.places();
  }

  close(): Promise<void> {
    this.source.close();
    this.recent = undefined;
    return Promise.resolve();
  }

  private onReferenceGrid({ column, row, width, height }: Window): Rectangle {
    const { image } = this.codestream.size;
    const [x0, y0] = [image.x0 + column, image.y0 + row];
    return { x0, y0, x1: x0 + width, y1: y0 + height };
  }

  private asked(wanted: WantedPixels): IsWanted {
    const { image } = this.codestream.size;
    return (x0, y0, x1, y1) => isAnyWanted(wanted, x0 - image.x0, y0 - image.y0, x1 - x0, y1 - y0);
  }

  private async readTile(
    component: number,
    tile: number,
    window: Rectangle,
    target: Target,
    isWanted: IsWanted | undefined,
  ): Promise<void> {
    const { source, codestream } = this;
    const rectangle = tileRectangle(codestream.size, tile);
    if (this.recent?.tile !== tile || !this.recent.components.has(component)) {
      this.recent = undefined;
      const decoded = decodeTile(source, codestream, tile, component, threadKernel(), isWanted);
      if (decoded?.first === component && decoded.tiles.length === 1) {
        copyRows(decoded.tiles[0]!, rectangle, window, target);
        return;
      }
      const components = decoded?.tiles ?? apart(await decodeHighThroughput(source, codestream, tile));
      this.recent = {
        tile,
        components: new Map(components.map((one, i) => [(decoded?.first ?? 0) + i, one])),
      };
    }
    copyRows(this.recent.components.get(component)!, rectangle, window, target);
  }
}

interface Recent {
  readonly tile: number;
  readonly components: ReadonlyMap<number, DecodedTile>;
}

/** Interleaved components one by one. */
function apart({ samples, componentCount, width, height }: InterleavedTile): DecodedTile[] {
  return Array.from({ length: componentCount }, (_, component) => ({
    width,
    height,
    stride: width,
    samples:
      componentCount === 1 ? samples : samples.filter((_sample, at) => at % componentCount === component),
  }));
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

function intersection(a: Rectangle, b: Rectangle): Rectangle {
  return {
    x0: Math.max(a.x0, b.x0),
    y0: Math.max(a.y0, b.y0),
    x1: Math.min(a.x1, b.x1),
    y1: Math.min(a.y1, b.y1),
  };
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
