/**
 * Brings the pixels of one band to parcels, in raster order: from a plane in memory, or strip by strip from a file whose
 * windows are cheap to read.
 */
import { pixelArray, type PixelArray, type Raster, type Window } from '../rasters/index.js';
import type { Coverage, Strip } from '../zonal/index.js';
import type { Plane } from './plane.js';
import { rowStrips } from './row-strips.js';
import { WindowSpans } from './window-spans.js';

/** Where a band's pixels are. */
export type PixelSource =
  { readonly plane: Plane } | { readonly raster: Raster; readonly rasterBand: number };

/**
 * Called for parcel `k` of the selection with the spans `from` to `to` of `start` and `length`, which count pixels of
 * `pixels`. Those are the grid's in `window`, row by row. All arrays are valid during the call only.
 */
export type Visit = (
  k: number,
  pixels: PixelArray,
  start: Int32Array,
  length: Uint16Array,
  from: number,
  to: number,
  window: Window,
) => void;

/** A strip of a file holds at most so many pixels: 16 MB of float32. */
const STRIP_PIXELS = 4 << 20;

/**
 * Visits each parcel of `selection` (indices into the coverage) that has pixels.
 * @param strip of the plane's pixel type: parcels are visited there where it is worth the copying.
 */
export async function visitParcelPixels(
  source: PixelSource,
  coverage: Coverage,
  selection: Int32Array,
  visit: Visit,
  strip?: Strip,
): Promise<void> {
  const order = rasterOrder(coverage, selection);
  if ('plane' in source) visitPlane(source.plane, coverage, selection, order, visit, strip);
  else await visitStrips(source.raster, source.rasterBand, coverage, selection, order, visit);
}

/** Positions in `selection` of the parcels with spans, by the row of their first pixel: memory is then walked through once. */
export function rasterOrder(coverage: Coverage, selection: Int32Array): Int32Array {
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
  strip: Strip | undefined,
): void {
  const { offsets, start, length } = coverage;
  const pixels = pixelArray(plane.pixelType, plane.pixels);
  const memory = strip?.pixels ?? new Uint8Array(0);
  const shifted = new WindowSpans(strip?.start, strip?.length);
  const { width } = plane;
  const whole = { column: 0, row: 0, width, height: plane.height };
  const rows = Math.floor(memory.length / width);
  for (const { first, end, window, isWorthIt } of rowStrips(coverage, selection, order, rows)) {
    const endOfStrip = (window.row + window.height) * width;
    if (isWorthIt) memory.set(pixels.subarray(window.row * width, endOfStrip));
    for (let place = first; place < end; place++) {
      const k = order[place]!;
      const from = offsets[selection[k]!]!;
      const to = offsets[selection[k]! + 1]!;
      if (isWorthIt && start[to - 1]! < endOfStrip) {
        shifted.take(coverage, selection[k]!, window);
        visit(k, memory, shifted.start, shifted.length, 0, shifted.count, window);
      } else visit(k, pixels, start, length, from, to, whole);
    }
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
  const spans = new WindowSpans();
  let pixels = pixelArray(raster.pixelType, 0);
  let first = 0;
  while (first < order.length) {
    const { window, end } = nextStrip(coverage, selection, order, first);
    const needed = window.width * window.height;
    if (pixels.length < needed) pixels = pixelArray(raster.pixelType, needed);
    await raster.readWindow(rasterBand, window, { pixels, offset: 0, stride: window.width });
    for (; first < end; first++) {
      spans.take(coverage, selection[order[first]!]!, window);
      visit(order[first]!, pixels, spans.start, spans.length, 0, spans.count, window);
    }
  }
}

/** The window to read for the parcels from place `first` of `order` to before `end`: as many as a strip holds, one at least. */
export function nextStrip(
  coverage: Coverage,
  selection: Int32Array,
  order: Int32Array,
  first: number,
): { readonly window: Window; readonly end: number } {
  const { width } = coverage.grid;
  let window = parcelWindow(coverage, selection[order[first]!]!, width);
  let end = first + 1;
  for (; end < order.length; end++) {
    const wider = union(window, parcelWindow(coverage, selection[order[end]!]!, width));
    if (wider.width * wider.height > STRIP_PIXELS) break;
    window = wider;
  }
  return { window, end };
}

/** The smallest window that holds a parcel's spans, of which there is one at least. */
export function parcelWindow(coverage: Coverage, parcel: number, width: number): Window {
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

/** The smallest window that holds both. */
export function union(a: Window, b: Window): Window {
  const column = Math.min(a.column, b.column);
  const row = Math.min(a.row, b.row);
  return {
    column,
    row,
    width: Math.max(a.column + a.width, b.column + b.width) - column,
    height: Math.max(a.row + a.height, b.row + b.height) - row,
  };
}
