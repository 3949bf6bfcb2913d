/** How the grids of a scene's bands lie under its class map, which is the mask of all of them. */
import { align, type Alignment } from '../layers/index.js';
import type { Coverage } from '../zonal/index.js';
import type { Image } from './image.js';

export interface Masking {
  /** Of the grid and the class map's: the coarser's pixels are made of the finer's. */
  readonly alignment: Alignment;
  /** The grid's pixels are larger than the class map's. */
  readonly isCoarser: boolean;
}

/** Of a grid and itself. */
export const SAME_GRID: Alignment = { across: 1, down: 1, shiftX: 0, shiftY: 0 };

/** A band by its name, for messages. */
export type NamedImage = Pick<Image, 'grid'> & { readonly name: string };

/** @throws NotAligned where the pixels of the one are not made of whole pixels of the other. */
export function maskingOf(band: NamedImage, classMap: NamedImage): Masking {
  const isCoarser = band.grid.stepX > classMap.grid.stepX * 1.5;
  return { alignment: isCoarser ? align(classMap, band) : align(band, classMap), isCoarser };
}

/** Blocks of an image that are decoded for the pixels of a coverage of another grid. */
export interface AlsoDecoded {
  /** The image, by its place among the scene's. */
  readonly image: number;
  readonly coverage: Coverage;
  /** The image's grid under the coverage's; undefined where all blocks are needed. */
  readonly alignment: Alignment | undefined;
}

/** Marks with 1 the blocks of the image that lie under the pixels of parcels `from` to before `to`. */
export function blocksUnder(
  { grid, block }: Pick<Image, 'grid' | 'block'>,
  { coverage, alignment }: AlsoDecoded,
  from = 0,
  to = coverage.count,
): Uint8Array {
  const blocks = Math.ceil(grid.width / block.width) * Math.ceil(grid.height / block.height);
  if (alignment === undefined || !coincide(grid, coverage, alignment)) return new Uint8Array(blocks).fill(1);
  const { across, down } = alignment;
  return coverage.touchedBlocks(block.width * across, block.height * down, from, to);
}

/** Whether the two grids have the same corners: only then do blocks of the one lie on whole blocks of the other. */
function coincide(
  { width, height }: Image['grid'],
  { grid }: Coverage,
  { across, down, shiftX, shiftY }: Alignment,
): boolean {
  return shiftX === 0 && shiftY === 0 && grid.width === width * across && grid.height === height * down;
}
