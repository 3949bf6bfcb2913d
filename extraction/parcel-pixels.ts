/**
 * Brings the pixels of one band to parcels, in raster order: from a plane in memory, or strip by strip from a file whose
 * windows are cheap to read.
 */
import { pixelArray, type PixelArray, type PixelType, type Raster, type Window } from '../rasters/raster.js';
import type { Coverage } from '../zonal/coverage.js';
import type { Plane } from './tasks.js';

/** Where a band's pixels are. */
export type PixelSource =
  { readonly plane: Plane } | { readonly raster: Raster; readonly rasterBand: number };

/**
 * Called for parcel `k` of the selection with the spans `from` to `to` of `start` and `length`, which count pixels of
 * `pixels`. All arrays are valid during the call only.
 */
export type Visit = (
  k: number,
  pixels: PixelArray,
  start: Int32Array,
  length: Uint16Array,
  from: number,
  to: number,
) => void;

/** A strip holds at most so many pixels: 16 MB of float32. */
const STRIP_PIXELS = 4 << 20;

/** Visits each parcel of `selection` (indices into the coverage) that has pixels. */
export async function visitParcelPixels(
  source: PixelSource,
  coverage: Coverage,
  selection: Int32Array,
  visit: Visit,
): Promise<void> {
  const order = rasterOrder(coverage, selection);
  if ('plane' in source) visitPlane(source.plane, coverage, selection, order, visit);
  else await visitStrips(source.raster, source.rasterBand, coverage, selection, order, visit);
}

/** Positions in `selection` of the parcels with spans, by the row of their first pixel: memory is then walked through once. */
function rasterOrder(coverage: Coverage, selection: Int32Array): Int32Array {
  const { offsets, start, grid } = coverage;
  const rows = new Int32Array(selection.length).fill(-1);
  /** First how many parcels begin in the row before, then where the row's next one goes. */
  const places = new Int32Array(grid.height + 1);
  for (let k = 0; k < selection.length; k++) {
    const parcel = selection[k]!;
    const from = offsets[parcel]!;
    if (from === offsets[parcel + 1]) continue;
    const row = Math.floor(start[from]! / grid.width);
    rows[k] = row;
    places[row + 1]!++;
  }
  for (let row = 0; row < grid.height; row++) places[row + 1]! += places[row]!;
  const order = new Int32Array(places[grid.height]!);
  for (let k = 0; k < rows.length; k++) {
    const row = rows[k]!;
    if (row >= 0) order[places[row]!++] = k;
  }
  return order;
}

function visitPlane(
  plane: Plane,
  coverage: Coverage,
  selection: Int32Array,
  order: Int32Array,
  visit: Visit,
): void {
  const { offsets, start, length } = coverage;
  const pixels = pixelArray(plane.pixelType, plane.pixels);
  for (const k of order) {
    const parcel = selection[k]!;
    visit(k, pixels, start, length, offsets[parcel]!, offsets[parcel + 1]!);
  }
}

async function visitStrips(
  raster: Raster,
  rasterBand: number,
  coverage: Coverage,
  selection: Int32Array,
  order: Int32Array,
  visit: Visit,
): Promise<void> {
  const strip = new Strip(raster.pixelType, raster.grid.width);
  let first = 0;
  while (first < order.length) {
    let window = parcelWindow(coverage, selection[order[first]!]!, raster.grid.width);
    let end = first + 1;
    for (; end < order.length; end++) {
      const wider = union(window, parcelWindow(coverage, selection[order[end]!]!, raster.grid.width));
      if (wider.width * wider.height > STRIP_PIXELS) break;
      window = wider;
    }
    const pixels = strip.pixelsOf(window);
    await raster.readWindow(rasterBand, window, { pixels, offset: 0, stride: window.width });
    for (; first < end; first++)
      strip.visit(order[first]!, coverage, selection[order[first]!]!, window, pixels, visit);
  }
}

/** The smallest window that holds a parcel's spans. */
function parcelWindow(coverage: Coverage, parcel: number, width: number): Window {
  const { offsets, start, length } = coverage;
  const from = offsets[parcel]!;
  const to = offsets[parcel + 1]!;
  const top = Math.floor(start[from]! / width);
  const bottom = Math.floor(start[to - 1]! / width) + 1;
  let left = width;
  let right = 0;
  for (let span = from; span < to; span++) {
    const column = start[span]! % width;
    if (column < left) left = column;
    if (column + length[span]! > right) right = column + length[span]!;
  }
  return { column: left, row: top, width: right - left, height: bottom - top };
}

function union(a: Window, b: Window): Window {
  const column = Math.min(a.column, b.column);
  const row = Math.min(a.row, b.row);
  return {
    column,
    row,
    width: Math.max(a.column + a.width, b.column + b.width) - column,
    height: Math.max(a.row + a.height, b.row + b.height) - row,
  };
}

/** Buffers that live as long as one band's walk, and the way from a grid's spans to a window's. */
class Strip {
  private pixels: PixelArray;
  private shiftedStart = new Int32Array(1024);
  private shiftedLength = new Uint16Array(1024);

  constructor(
    private readonly pixelType: PixelType,
    private readonly gridWidth: number,
  ) {
    this.pixels = pixelArray(pixelType, 0);
  }

  pixelsOf(window: Window): PixelArray {
    const needed = window.width * window.height;
    if (this.pixels.length < needed) this.pixels = pixelArray(this.pixelType, needed);
    return this.pixels;
  }

  visit(
    k: number,
    coverage: Coverage,
    parcel: number,
    window: Window,
    pixels: PixelArray,
    visit: Visit,
  ): void {
    const { offsets, start, length } = coverage;
    const from = offsets[parcel]!;
    const count = offsets[parcel + 1]! - from;
    if (count > this.shiftedStart.length) {
      this.shiftedStart = new Int32Array(2 * count);
      this.shiftedLength = new Uint16Array(2 * count);
    }
    const { shiftedStart, shiftedLength, gridWidth } = this;
    for (let i = 0; i < count; i++) {
      const pixel = start[from + i]!;
      const row = Math.floor(pixel / gridWidth);
      shiftedStart[i] = (row - window.row) * window.width + (pixel - row * gridWidth) - window.column;
      shiftedLength[i] = length[from + i]!;
    }
    visit(k, pixels, shiftedStart, shiftedLength, 0, count);
  }
}
