/**
 * The pixels that an edge runs through, as GDAL finds them for polygons with ALL_TOUCHED (since 3.7, where edges along the
 * borders of pixels touch neither side): it steps from pixel to pixel, from the left end of the edge on, and what it
 * rounds on the way takes part.
 */
import type { ParcelWindow } from './parcel-window.js';

/** The part of the window that lies in the grid. */
type Extent = Pick<ParcelWindow, 'firstColumn' | 'endColumn' | 'firstRow' | 'endRow'>;

/** An edge that moves less than this across, in pixels, stays in one column, or row, whether it crosses a border or not. */
const STRAIGHT = 0.01;
/** Such an edge whose ends both lie closer to a border of pixels than this runs along it; ends keep as far from the next pixel. */
const ALONG = 1e-4;
/**
 * The least step up or down, so that a point on the border of a row leaves it; far from the window's first row, where doubles lie
 * further apart, such a share of the place.
 */
const LEAST_STEP = 1e-9;
const LEAST_SHARE = 2 ** -51;

/** Takes the columns `from` to before `to` of a row of the window, inside the grid or not. */
export type OnRun = (row: number, from: number, to: number) => void;

/** Hands over the pixels of the edge between two points of a window, in its columns and rows; not all those beyond the grid. */
export function touchEdge(
  window: Extent,
  fromX: number,
  fromY: number,
  toX: number,
  toY: number,
  onRun: OnRun,
): void {
  const isEastward = fromX <= toX;
  const [x, endX] = isEastward ? [fromX, toX] : [toX, fromX];
  const [y, endY] = isEastward ? [fromY, toY] : [toY, fromY];
  if (staysWithin(x, endX)) {
    if (isAlong(x) && isAlong(endX)) return;
    const column = Math.floor(endX);
    const last = Math.min(Math.floor(Math.max(y, endY) - ALONG), window.endRow - 1);
    for (let row = Math.max(Math.floor(Math.min(y, endY)), window.firstRow); row <= last; row++)
      onRun(row, column, column + 1);
  } else if (staysWithin(y, endY)) {
    if (!isAlong(y) || !isAlong(endY)) onRun(Math.floor(y), Math.floor(x), Math.floor(endX - ALONG) + 1);
  } else walk(window, x, y, endX, (endY - y) / (endX - x), onRun);
}

/** Whether an edge stays in one column or row. */
function staysWithin(from: number, to: number): boolean {
  return Math.floor(from) === Math.floor(to) || Math.abs(to - from) < STRAIGHT;
}

function isAlong(place: number): boolean {
  return Math.abs(place - Math.round(place)) < ALONG;
}

/** Steps to the right from pixel to pixel. */
function walk(
  { firstColumn, endColumn, firstRow, endRow }: Extent,
  x: number,
  y: number,
  endX: number,
  slope: number,
  onRun: OnRun,
): void {
  const end = Math.min(endX, endColumn);
  if (x < firstColumn) {
    y += (firstColumn - x) * slope;
    x = firstColumn;
  }
  const entry = slope > 0 ? firstRow : endRow;
  if (slope > 0 ? y < entry : y > entry) {
    x += (entry - y) / slope;
    y = entry;
  }
  const leastStep = Math.max(LEAST_STEP, endRow * LEAST_SHARE);
  let row = Math.floor(y);
  let from = Math.floor(x);
  /** The last column of the row that was stepped on. */
  let column = from - 1;
  while (x < end) {
    column = Math.floor(x);
    const right = Math.floor(x + 1) - x;
    if (Math.floor(y + right * slope) === row) {
      x += right;
      y += right * slope;
      continue;
    }
    onRun(row, from, column + 1);
    const step = slope < 0 ? Math.min(row - y, -leastStep) : Math.max(row + 1 - y, leastStep);
    x += step / slope;
    y += step;
    row = Math.floor(y);
    if (slope > 0 ? row >= endRow : row < firstRow) return;
    from = Math.floor(x);
    column = from - 1;
  }
  if (column >= from) onRun(row, from, column + 1);
}
