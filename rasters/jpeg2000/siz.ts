/** The SIZ marker segment (A.5.1) and the grid of tiles it defines (B.2, B.3). */
import { Bytes } from './bytes.js';
import { Damage } from '../damage.js';
import type { PixelType } from '../raster.js';
import { MAX_COMPONENTS, MAX_TILES, MAX_TILE_SAMPLES } from './limits.js';
import { Unsupported } from '../unsupported.js';

/** A rectangle, upper left inclusive, lower right exclusive. */
export interface Rectangle {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
}

export interface Component {
  /** Bits of a sample. */
  readonly precision: number;
  readonly signed: boolean;
  /** Separation of samples on the reference grid, XRsiz and YRsiz. */
  readonly stepX: number;
  readonly stepY: number;
}

/** The image and its tiles on the reference grid. Names in comments are the standard's. */
export interface ImageSize {
  /** XOsiz, YOsiz, Xsiz, Ysiz. */
  readonly image: Rectangle;
  /** XTsiz, YTsiz. */
  readonly tileWidth: number;
  readonly tileHeight: number;
  /** XTOsiz, YTOsiz. */
  readonly tileOriginX: number;
  readonly tileOriginY: number;
  readonly tileColumns: number;
  readonly tileRows: number;
  readonly components: readonly Component[];
}

/** @param segment the marker segment after its length field */
export function parseSiz(segment: Uint8Array): ImageSize {
  const bytes = new Bytes(segment, 'SIZ marker segment');
  bytes.u16(); // Rsiz: capabilities; what needs them announces itself by markers of its own
  const [x1, y1, x0, y0] = [bytes.u32(), bytes.u32(), bytes.u32(), bytes.u32()];
  const [tileWidth, tileHeight, tileOriginX, tileOriginY] = [
    bytes.u32(),
    bytes.u32(),
    bytes.u32(),
    bytes.u32(),
  ];
  const count = bytes.u16();
  if (x1 <= x0 || y1 <= y0) throw new Damage('has no pixels (SIZ)');
  if (count < 1) throw new Damage('has no components (SIZ)');
  if (count > MAX_COMPONENTS)
    throw new Unsupported(`has ${count} components; at most ${MAX_COMPONENTS} are read`);
  const originFits = (origin: number, size: number, image: number): boolean =>
    origin <= image && origin + size > image;
  if (!originFits(tileOriginX, tileWidth, x0) || !originFits(tileOriginY, tileHeight, y0)) {
    throw new Damage('has tiles that do not cover the image (SIZ)');
  }
  const tileColumns = Math.ceil((x1 - tileOriginX) / tileWidth);
  const tileRows = Math.ceil((y1 - tileOriginY) / tileHeight);
  if (tileColumns * tileRows > MAX_TILES)
    throw new Damage(`has ${tileColumns * tileRows} tiles; at most ${MAX_TILES} are allowed`);
  const samples = Math.min(tileWidth, x1 - x0) * Math.min(tileHeight, y1 - y0);
  if (samples > MAX_TILE_SAMPLES)
    throw new Unsupported(`has tiles of ${samples} pixels; at most ${MAX_TILE_SAMPLES} are read`);
  return {
    image: { x0, y0, x1, y1 },
    tileWidth,
    tileHeight,
    tileOriginX,
    tileOriginY,
    tileColumns,
    tileRows,
    components: Array.from({ length: count }, () => parseComponent(bytes)),
  };
}

/** Ssiz, XRsiz, YRsiz (table A.11). */
function parseComponent(bytes: Bytes): Component {
  const depth = bytes.u8();
  const component = {
    precision: (depth & 0x7f) + 1,
    signed: depth >= 0x80,
    stepX: bytes.u8(),
    stepY: bytes.u8(),
  };
  if (component.precision > 38) throw new Damage(`has samples of ${component.precision} bits (SIZ)`);
  if (component.stepX === 0 || component.stepY === 0)
    throw new Damage('has a component without samples (SIZ)');
  return component;
}

/** The type that holds the samples of all components: bands of a Raster share one. @throws Unsupported where there is none */
export function pixelTypeOf(components: readonly Component[]): PixelType {
  const { signed } = components[0]!;
  if (components.some((one) => one.signed !== signed))
    throw new Unsupported('has signed and unsigned components');
  if (components.some(({ stepX, stepY }) => stepX !== 1 || stepY !== 1))
    throw new Unsupported('has subsampled components');
  const precision = components.reduce((most, one) => Math.max(most, one.precision), 0);
  if (precision > 16) throw new Unsupported(`has samples of ${precision} bits; at most 16 are read`);
  return precision <= 8 ? (signed ? 'int8' : 'uint8') : signed ? 'int16' : 'uint16';
}

/** Tile `tile`, numbered in raster order, on the reference grid (B-7 to B-10). */
export function tileRectangle(size: ImageSize, tile: number): Rectangle {
  const x = size.tileOriginX + (tile % size.tileColumns) * size.tileWidth;
  const y = size.tileOriginY + Math.floor(tile / size.tileColumns) * size.tileHeight;
  return {
    x0: Math.max(x, size.image.x0),
    y0: Math.max(y, size.image.y0),
    x1: Math.min(x + size.tileWidth, size.image.x1),
    y1: Math.min(y + size.tileHeight, size.image.y1),
  };
}
