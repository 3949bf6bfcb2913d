/**
 * The general way to rasterise a parcel, for whatever the kernel leaves: any number of polygons, which are filled one by one
 * and united; any number of crossings in a row; edges that run exactly along a centre line; and the pixels that edges touch.
 */
import type { Grid } from './grid.js';
import type { ParcelSet } from './parcel-set.js';
import { ParcelWindow } from './parcel-window.js';
import { isClockwise } from './ring-direction.js';
import { RowLists } from './row-lists.js';
import type { SpanList } from './span-list.js';
import { type OnRun, touchEdge } from './touched-edges.js';
import { GeometryError } from './wkb.js';

/** Crossings kept at a time; a parcel with more is done in strips of rows, which bounds the memory. */
const MAX_CROSSINGS = 1 << 22;
/** More than any parcel has, by far; they take some seconds, and about as many spans as crossings come of them. */
const TOO_MANY_CROSSINGS = 1 << 24;

export class OutlineRasteriser {
  private readonly window: ParcelWindow;
  private readonly crossings = new RowLists();
  /** Ends of filled runs: 2 * column where one begins, 2 * column + 1 where one ends, so that touching runs join. */
  private readonly ends = new RowLists();

  /** The rows of the strip in work. */
  private fromRow = 0;
  private toRow = 0;
  private readonly pushTouched: OnRun = (row, from, to) => {
    if (row < this.fromRow || row >= this.toRow) return;
    const { firstColumn, endColumn } = this.window;
    const first = Math.max(from, firstColumn);
    const end = Math.min(to, endColumn);
    if (first < end) this.pushRun(row - this.fromRow, first - firstColumn, end - firstColumn);
  };

  /** @param isTouched the pixels that a parcel's edges touch are wanted beside those whose centre lies inside. */
  constructor(
    private readonly grid: Grid,
    private readonly isTouched = false,
  ) {
    this.window = new ParcelWindow(grid);
  }

  /**
   * Finds the pixels of parcel `index`, and appends them to `spans`.
   * @throws GeometryError for a geometry that would take seconds.
   */
  rasterise(set: ParcelSet, index: number, spans: SpanList): void {
    const firstRing = set.ringOffsets[index]!;
    const endRing = set.ringOffsets[index + 1]!;
    if (firstRing === endRing || !this.window.moveTo(set, index)) return;
    const crossings = this.countCrossings(set, firstRing, endRing, this.window.firstRow, this.window.endRow);
    if (crossings > TOO_MANY_CROSSINGS) {
      const millions = Math.round(crossings / 1e6);
      throw new GeometryError(`its edges cross rows of pixels ${millions} million times; split it`);
    }
    this.strip(set, firstRing, endRing, this.window.firstRow, this.window.endRow, spans);
  }

  /** Rasterises the rows `fromRow` to before `toRow` of the window, in halves when they hold too much. */
  private strip(
    set: ParcelSet,
    firstRing: number,
    endRing: number,
    fromRow: number,
    toRow: number,
    spans: SpanList,
  ): void {
    if (toRow - fromRow > 1 && this.countCrossings(set, firstRing, endRing, fromRow, toRow) > MAX_CROSSINGS) {
      const middle = Math.floor((fromRow + toRow) / 2);
      this.strip(set, firstRing, endRing, fromRow, middle, spans);
      this.strip(set, firstRing, endRing, middle, toRow, spans);
      return;
    }
    this.ends.clear(toRow - fromRow);
    this.fromRow = fromRow;
    this.toRow = toRow;
    for (let ring = firstRing; ring < endRing;) {
      const part = set.parts[ring];
      this.crossings.clear(toRow - fromRow);
      for (; ring < endRing && set.parts[ring] === part; ring++) this.crossRing(set, ring, fromRow, toRow);
      this.fillPart();
    }
    this.unite(fromRow, spans);
  }

  private countCrossings(
    set: ParcelSet,
    firstRing: number,
    endRing: number,
    fromRow: number,
    toRow: number,
  ): number {
    const { xy, pointOffsets } = set;
    const { offsetY, scaleY } = this.window;
    const runsAnEdge = this.isTouched ? 2 : 1;
    let count = 0;
    let from = fromRow;
    for (let point = pointOffsets[firstRing]!; point < pointOffsets[endRing]!; point++) {
      const to = Math.min(Math.max(offsetY + xy[2 * point + 1]! * scaleY, fromRow), toRow);
      count += runsAnEdge * (Math.abs(to - from) + 1);
      from = to;
    }
    return count;
  }

  private crossRing(set: ParcelSet, ring: number, fromRow: number, toRow: number): void {
    const { xy } = set;
    const { offsetX, offsetY, scaleX, scaleY } = this.window;
    const first = set.pointOffsets[ring]!;
    const end = set.pointOffsets[ring + 1]!;
    let clockwise: boolean | undefined;
    let fromX = offsetX + xy[2 * first]! * scaleX;
    let fromY = offsetY + xy[2 * first + 1]! * scaleY;
    for (let point = first + 1; point < end; point++) {
      const toX = offsetX + xy[2 * point]! * scaleX;
      const toY = offsetY + xy[2 * point + 1]! * scaleY;
      if (this.isTouched) touchEdge(this.window, fromX, fromY, toX, toY, this.pushTouched);
      if (fromY === toY) {
        const row = Math.floor(fromY);
        if (fromX !== toX && fromY - row === 0.5 && row >= fromRow && row < toRow) {
          // On a clockwise ring, an edge that runs west has the inside to its north: GDAL fills along those.
          clockwise ??= isClockwise(xy, first, end);
          if (clockwise === fromX > toX) this.pushRun(row - fromRow, this.column(fromX), this.column(toX));
        }
      } else if (fromY < toY) this.crossEdge(fromX, fromY, toX, toY, fromRow, toRow);
      else this.crossEdge(toX, toY, fromX, fromY, fromRow, toRow);
      fromX = toX;
      fromY = toY;
    }
  }

  private crossEdge(x1: number, y1: number, x2: number, y2: number, fromRow: number, toRow: number): void {
    for (let row = Math.max(Math.ceil(y1 - 0.5), fromRow); row < toRow && row + 0.5 < y2; row++) {
      this.crossings.push(row - fromRow, this.column(((row + 0.5 - y1) * (x2 - x1)) / (y2 - y1) + x1));
    }
  }

  /** The first column right of `x`, counted from the first column inside the grid and kept inside it. */
  private column(x: number): number {
    const { firstColumn, endColumn } = this.window;
    const column = Math.floor(x + 0.5) - firstColumn;
    return column > 0 ? Math.min(column, endColumn - firstColumn) : 0;
  }

  private pushRun(row: number, oneEnd: number, otherEnd: number): void {
    if (oneEnd === otherEnd) return;
    this.ends.push(row, 2 * Math.min(oneEnd, otherEnd));
    this.ends.push(row, 2 * Math.max(oneEnd, otherEnd) + 1);
  }

  /** Even-odd filling of one polygon, holes included. */
  private fillPart(): void {
    for (let row = this.crossings.firstRow; row < this.crossings.endRow; row++) {
      const count = this.crossings.sort(row);
      const columns = this.crossings.sorted;
      for (let k = 0; k + 1 < count; k += 2) this.pushRun(row, columns[k]!, columns[k + 1]!);
    }
  }

  /** The union of all runs, as spans. */
  private unite(fromRow: number, spans: SpanList): void {
    const { window } = this;
    for (let row = this.ends.firstRow; row < this.ends.endRow; row++) {
      const count = this.ends.sort(row);
      const ends = this.ends.sorted;
      const rowStart = (window.row + fromRow + row) * this.grid.width + window.column + window.firstColumn;
      let open = 0;
      let from = 0;
      for (let k = 0; k < count; k++) {
        const end = ends[k]!;
        const column = Math.floor(end / 2);
        if (end % 2 === 0) {
          if (open++ === 0) from = column;
        } else if (--open === 0) spans.push(rowStart + from, column - from);
      }
    }
  }
}
