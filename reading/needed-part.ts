/** Which bytes of a scene's objects hold the pixels that are read of them, and whether those alone are worth fetching. */
import { failureTypeOf } from '../campaigns/failure-types.js';
import type { BandSource } from '../cards/card.js';
import {
  type ByteRange,
  bytesOf,
  joined,
  NotFetched,
  type Raster,
  type Seek,
  type Window,
} from '../rasters/index.js';
import { ObjectReplaced, RangesIgnored } from '../store/fetch-range.js';
import type { ObjectInfo } from '../store/object-store.js';
import { type FetchCosts, HEAD_BYTES } from './fetch-costs.js';
import type { PartialObject } from './partial-object.js';

/** Windows of bands (1-based) of a raster. */
export type Windows = readonly (readonly [band: number, window: Window])[];

/** An object that could be brought in parts: its header is there. */
export interface OpenPart {
  readonly partial: PartialObject;
  readonly raster: Raster;
  readonly windows: Windows;
}

/** What is needed of one object. */
export interface NeededPart extends OpenPart {
  /** To be brought, the header among them; of chains a guess. */
  readonly bytes: number;
  readonly blocks: number;
  readonly ofBlocks: number;
}

/** Rasters of which there is more than a few requests bring, and of which a version can be asked for. */
export function partCandidates(
  objects: readonly ObjectInfo[],
  sources: readonly Pick<BandSource, 'objects'>[],
  costs: FetchCosts,
): ObjectInfo[] {
  const mains = new Set(sources.map(({ objects: [main] }) => main));
  return objects.filter(
    (object) => object.bytes > costs.fewestBytes && object.etag !== undefined && mains.has(object),
  );
}

/** Files, places and servers that can't be read in parts; what is wrong with them is told when all of it is there. */
export function isReasonForWhole(error: unknown): boolean {
  return (
    error instanceof ObjectReplaced ||
    error instanceof RangesIgnored ||
    (error instanceof Error && (error.name === 'NotFetched' || failureTypeOf(error.name) === 'BadRaster'))
  );
}

/** Those of a scene's objects that are worth bringing in parts. @throws RasterError */
export function choose(
  open: ReadonlyMap<ObjectInfo, OpenPart>,
  costs: FetchCosts,
): Map<ObjectInfo, NeededPart> {
  const chosen = new Map<ObjectInfo, NeededPart>();
  const chained: ObjectInfo[] = [];
  let steps = 0;
  for (const [object, part] of open) {
    const { raster, windows } = part;
    const { blocks, ofBlocks, last } = countBlocks(raster, windows);
    const share = Math.ceil((object.bytes * blocks) / ofBlocks);
    const ranges = knownRanges(part);
    const seeks = ranges ? undefined : seeksOf(part);
    const guessed = seeks && share + Math.ceil((object.bytes * seeks.length) / ofBlocks);
    const bytes = ranges ? bytesToBring(ranges, object.bytes, costs) : (guessed ?? share);
    if (bytes === undefined || bytes >= object.bytes) continue;
    if (guessed !== undefined && !costs.areGuessesWorthIt(guessed, seeks!.length, object.bytes)) continue;
    if (!ranges && !seeks) {
      steps = Math.max(steps, last + 1);
      chained.push(object);
    }
    chosen.set(object, { ...part, bytes, blocks, ofBlocks });
  }
  const objectBytes = [...open.keys()].reduce((sum, { bytes }) => sum + bytes, 0);
  if (!costs.isChainWorthIt(steps, objectBytes)) for (const object of chained) chosen.delete(object);
  return chosen;
}

/** The bytes of all windows, where it is known where they lie. @throws RasterError */
export function knownRanges({
  raster,
  windows,
}: Pick<OpenPart, 'raster' | 'windows'>): ByteRange[] | undefined {
  try {
    return rangesOf(raster, windows);
  } catch (error) {
    if (error instanceof NotFetched) return undefined;
    throw error;
  }
}

/** Undefined where it can't be guessed where the blocks lie. */
export function seeksOf({
  raster,
  windows,
}: Pick<OpenPart, 'raster' | 'windows'>): readonly Seek[] | undefined {
  return raster.seek?.(windows.map(([, window]) => window));
}

/** Undefined where all of it is to be brought; of a header that leads out of the object the reader says what is wrong. */
function bytesToBring(
  wanted: readonly ByteRange[],
  objectBytes: number,
  costs: FetchCosts,
): number | undefined {
  const ranges = costs.withGaps(wanted);
  if (
    !wanted.every(({ from, to }) => from >= 0 && to <= objectBytes) ||
    !costs.areWorthIt(ranges, objectBytes)
  )
    return undefined;
  return bytesOf(joined([{ from: 0, to: HEAD_BYTES }, ...ranges]));
}

/** The bytes of all windows. @throws RasterError, NotFetched where a chain leads on to what is not there */
export function rangesOf(raster: Raster, windows: Windows): ByteRange[] {
  return windows.flatMap(([band, window]) => raster.rangesOf(band, window));
}

/** Blocks of the raster that the windows touch, of all of a band; and the last of them. */
function countBlocks(
  { block, grid }: Raster,
  windows: Windows,
): { blocks: number; ofBlocks: number; last: number } {
  const across = Math.ceil(grid.width / block.width);
  const down = Math.ceil(grid.height / block.height);
  const touched = new Map<number, Uint8Array>();
  for (const [band, { column, row, width, height }] of windows) {
    const marks = touched.get(band) ?? new Uint8Array(across * down);
    touched.set(band, marks);
    for (let y = Math.floor(row / block.height); y * block.height < row + height; y++)
      for (let x = Math.floor(column / block.width); x * block.width < column + width; x++)
        marks[y * across + x] = 1;
  }
  const all = [...touched.values()];
  return {
    blocks: all.reduce((sum, marks) => sum + marks.reduce((a, b) => a + b, 0), 0),
    ofBlocks: across * down * Math.max(1, all.length),
    last: Math.max(-1, ...all.map((marks) => marks.lastIndexOf(1))),
  };
}
