/**
 * Which pixels a parcel covers, and how much of each: the area of the intersection of polygon and pixel, over the pixel's.
 *
 * As exactextract has it, holes are taken off, polygons of one parcel are added up, and what lies beyond the grid is cut off.
 * A ring that crosses itself covers what the even-odd rule fills, but for the pixels where it does so, in which it is about that.
 * kernel/cells.ts says how it is done.
 */
import type { Grid, Window } from './grid.js';
import { threadKernel } from './kernel.js';
import { ofParcel, type ParcelSet } from './parcel-set.js';
import { ShareList } from './pixel-shares.js';
import type { SpanList } from './span-list.js';
import { GeometryError } from './wkb.js';

/** More than any parcel has, by far; they take some seconds. */
const TOO_MANY_CROSSINGS = 1 << 24;
/** Span lengths are kept in 16 bits. */
const WIDEST = 65_535;

export class ShareRasteriser {
  /** The shares of the set rasterised last, in the order of its pixels; undefined where only pixels covered wholly are wanted. */
  readonly shares: ShareList | undefined;
  private readonly kernel = threadKernel();

  constructor(
    private readonly grid: Grid,
    rule: 'inside' | 'fraction',
  ) {
    this.shares = rule === 'fraction' ? new ShareList() : undefined;
  }

  /** As `Rasteriser.rasterise` does. @returns why parcels could not be rasterised; those have no spans. */
  rasterise(set: ParcelSet, spans: SpanList, offsets: Uint32Array): string[] {
    const { shares } = this;
    const { block, shareBlock } = this.kernel;
    const refused: string[] = [];
    shares?.clear();
    block.setGrid(this.grid);
    for (let next = 0, loaded = 0; next < set.count;) {
      if (next >= loaded) loaded = block.load(set, next);
      const index = next;
      next = shareBlock.weigh(index, loaded, spans, offsets, shares);
      if (next > index) continue;
      try {
        this.weighLarge(set, index, spans);
      } catch (error) {
        if (!(error instanceof GeometryError)) throw error;
        refused.push(ofParcel(set.pids[index]!, error).message);
      }
      shares?.endParcel();
      offsets[++next] = spans.count;
      // The large parcel took the place of the others.
      loaded = next;
    }
    return refused;
  }

  /** @throws GeometryError for a geometry that would take seconds. */
  private weighLarge(set: ParcelSet, index: number, spans: SpanList): void {
    const { shares } = this;
    const { shareBlock } = this.kernel;
    const window = this.windowOf(set, index);
    if (window === undefined) return;
    this.refuseHostile(set, index, window);
    const height = Math.min(shareBlock.bandRows, Math.floor(shareBlock.bandPixels / (window.width + 1)));
    const end = window.row + window.height;
    shareBlock.begin(shares === undefined);
    for (let row = window.row; row < end; row += height) {
      const band = { ...window, row, height: Math.min(height, end - row) };
      shareBlock.openBand(band);
      const isCarried = this.addRings(set, index);
      shareBlock.write(band, this.grid.width, isCarried, spans, shares);
    }
  }

  /** @returns whether there is more than one polygon. */
  private addRings({ xy, ringOffsets, parts, pointOffsets }: ParcelSet, index: number): boolean {
    const { shareBlock } = this.kernel;
    const first = ringOffsets[index]!;
    let isCarried = false;
    for (let ring = first; ring < ringOffsets[index + 1]!; ring++) {
      const isShell = ring === first || parts[ring] !== parts[ring - 1];
      if (isShell && ring > first) {
        shareBlock.nextPart();
        isCarried = true;
      }
      const [from, to] = [pointOffsets[ring]!, pointOffsets[ring + 1]!];
      shareBlock.addRing(xy, from, to, doubledArea(xy, from, to) < 0 === isShell ? -1 : 1);
    }
    return isCarried;
  }

  /** The pixels of the grid within the bounds of the parcel's shells. */
  private windowOf({ xy, ringOffsets, parts, pointOffsets }: ParcelSet, index: number): Window | undefined {
    const { grid } = this;
    let [minX, minY, maxX, maxY] = [Infinity, Infinity, -Infinity, -Infinity];
    const first = ringOffsets[index]!;
    for (let ring = first; ring < ringOffsets[index + 1]!; ring++) {
      if (ring > first && parts[ring] === parts[ring - 1]) continue;
      for (let k = 2 * pointOffsets[ring]!; k < 2 * pointOffsets[ring + 1]!; k += 2) {
        minX = Math.min(minX, xy[k]!);
        maxX = Math.max(maxX, xy[k]!);
        minY = Math.min(minY, xy[k + 1]!);
        maxY = Math.max(maxY, xy[k + 1]!);
      }
    }
    const column = Math.max(0, Math.floor((minX - grid.originX) / grid.stepX));
    const row = Math.max(0, Math.floor((maxY - grid.originY) / grid.stepY));
    const width = Math.min(grid.width, Math.ceil((maxX - grid.originX) / grid.stepX)) - column;
    const height = Math.min(grid.height, Math.ceil((minY - grid.originY) / grid.stepY)) - row;
    return width > 0 && height > 0 ? { column, row, width, height } : undefined;
  }

  private refuseHostile(
    { xy, ringOffsets, pointOffsets }: ParcelSet,
    index: number,
    { column, row, width, height }: Window,
  ): void {
    if (width > WIDEST) throw new GeometryError(`it is ${width} pixels wide; split it`);
    const { originX, originY, stepX, stepY } = this.grid;
    const kept = (value: number, most: number): number => Math.min(Math.max(value, 0), most);
    let [count, beforeX, beforeY] = [0, 0, 0];
    const end = pointOffsets[ringOffsets[index + 1]!]!;
    for (let point = pointOffsets[ringOffsets[index]!]!; point < end; point++) {
      const x = kept((xy[2 * point]! - originX) / stepX - column, width);
      const y = kept((xy[2 * point + 1]! - originY) / stepY - row, height);
      count += Math.abs(x - beforeX) + Math.abs(y - beforeY) + 1;
      [beforeX, beforeY] = [x, y];
    }
    if (count > TOO_MANY_CROSSINGS)
      throw new GeometryError(`its edges cross ${Math.round(count / 1e6)} million pixels; split it`);
  }
}

/** Twice the area of a ring; positive where it runs counterclockwise. */
function doubledArea(xy: Float64Array, from: number, to: number): number {
  const [x, y] = [xy[2 * from]!, xy[2 * from + 1]!];
  let sum = 0;
  for (let point = from + 1; point < to; point++) {
    const k = 2 * point;
    sum += (xy[k - 2]! - x) * (xy[k + 1]! - y) - (xy[k]! - x) * (xy[k - 1]! - y);
  }
  return sum;
}
