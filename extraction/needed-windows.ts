/** Which pixels of each image of a scene are read at all, so that only their bytes need be on the disk. */
import type { WantedPixels, Window } from '../rasters/index.js';
import { type Coverage, READ_CELL } from '../zonal/index.js';
import { under } from './aligned-pixels.js';
import { type Image, imageBytes } from './image.js';
import { type AlsoDecoded, blocksUnder, SAME_GRID } from './masking.js';
import { parcelWindow, union } from './parcel-pixels.js';

/**
 * What is measured of a scene: its images, and the pixels that parcels have of them. Others may hold anything, in blocks that
 * are decoded too: whoever looks at them adds them here.
 */
export interface Needs {
  readonly images: readonly Image[];
  /** One an image. */
  readonly coverages: readonly Coverage[];
  readonly alsoDecoded?: readonly AlsoDecoded[] | undefined;
  /** The layers that each image is read for. */
  readonly readFor?: readonly (readonly string[])[] | undefined;
  /** The image that is decoded block by block whatever it is: the class map, of which clear rows and cloudy parcels are told. */
  readonly classMap?: number | undefined;
}

/**
 * Whether an image is read from its file window by window: it is not coded, or its pixels are too many for the memory.
 * @param pixelBytes what the memory holds of decoded pixels
 */
export function isByWindow({ images, classMap }: Needs, image: number, pixelBytes: number): boolean {
  const one = images[image]!;
  return image !== classMap && (one.flat || imageBytes(one) > pixelBytes);
}

function lookedAt({ coverages, alsoDecoded = [] }: Needs, image: number): AlsoDecoded[] {
  const own = { image, coverage: coverages[image]!, alignment: SAME_GRID };
  return [own, ...alsoDecoded.filter((one) => one.image === image)];
}

/** The blocks of an image that parcels `firstPid` to `lastPid` need, by default all parcels: 1 for each, row by row. */
export function neededBlocks(
  needs: Needs,
  image: number,
  firstPid = -Infinity,
  lastPid = Infinity,
): Uint8Array {
  return either(
    lookedAt(needs, image).map((one) => {
      const { from, to } = one.coverage.range(firstPid, lastPid);
      return blocksUnder(needs.images[image]!, one, from, to);
    }),
  );
}

/** The pixels of an image that are read for any parcel, in memory that threads share. */
export function wantedPixels(needs: Needs, image: number): WantedPixels {
  const { grid } = needs.images[image]!;
  const cells = { grid, block: { width: READ_CELL, height: READ_CELL } };
  const marks = either(lookedAt(needs, image).map((one) => blocksUnder(cells, one)));
  const shared = new Uint8Array(new SharedArrayBuffer(marks.length));
  shared.set(marks);
  return { cell: READ_CELL, across: Math.ceil(grid.width / READ_CELL), marks: shared };
}

/** Marks of all lists, of which there is one at least. */
function either(lists: readonly Uint8Array[]): Uint8Array {
  // A coverage that is asked twice gives one list.
  const [first, ...others] = new Set(lists);
  if (others.length === 0) return first!;
  const all = first!.slice();
  for (const other of others) for (let i = 0; i < all.length; i++) all[i]! |= other[i]!;
  return all;
}

/**
 * Windows that hold every pixel of an image that is read, whichever chunks are extracted.
 * @param pixelBytes as for `isByWindow`
 */
export function neededWindows(needs: Needs, image: number, pixelBytes: number): Window[] {
  const one = needs.images[image]!;
  if (!isByWindow(needs, image, pixelBytes)) return windowsOf(one, neededBlocks(needs, image));
  const { width, height } = one.grid;
  const whole = { column: 0, row: 0, width, height };
  return lookedAt(needs, image).flatMap(({ coverage, alignment }) => {
    const box = boxOf(coverage);
    if (box === undefined) return [];
    if (alignment === undefined) return [whole];
    const window = under(box, alignment, one.grid);
    return window.width > 0 && window.height > 0 ? [window] : [];
  });
}

/** The marked blocks; those that lie side by side as one. */
function windowsOf({ grid, block }: Image, blocks: Uint8Array): Window[] {
  const across = Math.ceil(grid.width / block.width);
  const windows: Window[] = [];
  for (let first = 0; first < blocks.length; first++) {
    if (blocks[first] !== 1) continue;
    const [left, top] = [first % across, Math.floor(first / across)];
    let right = left;
    while (right + 1 < across && blocks[top * across + right + 1] === 1) right++;
    first = top * across + right;
    const [column, row] = [left * block.width, top * block.height];
    windows.push({
      ...{ column, row },
      width: Math.min((right + 1) * block.width, grid.width) - column,
      height: Math.min(block.height, grid.height - row),
    });
  }
  return windows;
}

/** The smallest window that holds the pixels of all parcels: files are read by windows that hold several. */
function boxOf(coverage: Coverage): Window | undefined {
  const { count, offsets, grid } = coverage;
  let box: Window | undefined;
  for (let parcel = 0; parcel < count; parcel++) {
    if (offsets[parcel] === offsets[parcel + 1]) continue;
    const window = parcelWindow(coverage, parcel, grid.width);
    box = box === undefined ? window : union(box, window);
  }
  return box;
}
