/** Brings the pixels of several bands to parcels at once: those of coarser grids lie under those of the finest. */
import type { Alignment, PixelWindow } from '../layers/index.js';
import { pixelArray, type PixelArray, type Raster, type Window } from '../rasters/index.js';
import type { Coverage } from '../zonal/index.js';
import { nextStrip, rasterOrder } from './parcel-pixels.js';
import type { Plane } from './plane.js';
import { rowStrips } from './row-strips.js';

/** A strip of the finest image: 3 MB of words. */
const STRIP_PIXELS = 3 << 19;

export interface AlignedSource {
  /** Of the source's grid and the coverage's. */
  readonly alignment: Alignment;
  readonly from: Plane | { readonly raster: Raster; readonly rasterBand: number };
}

/** Called for parcel `k` of the selection with the pixels of each source that lie under it, valid during the call only. */
export type AlignedVisit = (k: number, windows: readonly PixelWindow[]) => void;

/** Visits each parcel of `selection` (indices into the coverage) that has pixels, in raster order. */
export async function visitAligned(
  sources: readonly AlignedSource[],
  coverage: Coverage,
  selection: Int32Array,
  visit: AlignedVisit,
): Promise<void> {
  const order = rasterOrder(coverage, selection);
  const planes = sources.map(({ from }) => ('pixels' in from ? wholePlane(from) : undefined));
  if (planes.every((plane) => plane !== undefined)) {
    const alignments = sources.map(({ alignment }) => alignment);
    visitPlanes(planes, alignments, coverage, selection, order, visit);
    return;
  }
  for (let first = 0; first < order.length;) {
    const { window, end } = nextStrip(coverage, selection, order, first);
    const windows: PixelWindow[] = [];
    for (const source of sources) windows.push(await readUnder(source, window));
    for (; first < end; first++) visit(order[first]!, windows);
  }
}

function visitPlanes(
  planes: readonly PixelWindow[],
  alignments: readonly Alignment[],
  coverage: Coverage,
  selection: Int32Array,
  order: Int32Array,
  visit: AlignedVisit,
): void {
  const { offsets, start, grid } = coverage;
  const rows = Math.floor(STRIP_PIXELS / grid.width);
  const copies = planes.map(() => new RowCopy());
  for (const { first, end, window, isWorthIt } of rowStrips(coverage, selection, order, rows)) {
    const strips = isWorthIt
      ? planes.map((plane, i) => copies[i]!.take(plane, under(window, alignments[i]!, plane)))
      : planes;
    const endOfStrip = (window.row + window.height) * grid.width;
    for (let place = first; place < end; place++) {
      const k = order[place]!;
      const isInStrip = start[offsets[selection[k]! + 1]! - 1]! < endOfStrip;
      visit(k, isInStrip ? strips : planes);
    }
  }
}

/** Rows of a plane, copied to where they lie together; the memory is that of the rows taken before. */
class RowCopy {
  private pixels: PixelArray | undefined;

  take({ pixels, width }: PixelWindow, { row, height }: Window): PixelWindow {
    const from = pixels.subarray(row * width, (row + height) * width);
    if (this.pixels === undefined || this.pixels.length < from.length) this.pixels = from.slice();
    else this.pixels.set(from);
    return { pixels: this.pixels, column: 0, row, width, height };
  }
}

function wholePlane({ pixels, pixelType, width, height }: Plane): PixelWindow {
  return { pixels: pixelArray(pixelType, pixels), column: 0, row: 0, width, height };
}

/** The whole plane, or what lies of a file under a window of the coverage's grid. */
async function readUnder({ from, alignment }: AlignedSource, window: Window): Promise<PixelWindow> {
  if ('pixels' in from) return wholePlane(from);
  const { raster, rasterBand } = from;
  const found = under(window, alignment, raster.grid);
  const pixels = pixelArray(raster.pixelType, found.width * found.height);
  if (pixels.length > 0)
    await raster.readWindow(rasterBand, found, { pixels, offset: 0, stride: found.width });
  return { ...found, pixels };
}

/** What lies of a coarser image under a window of the finer one. */
export function under(
  window: Window,
  { across, down, shiftX, shiftY }: Alignment,
  image: Pick<Window, 'width' | 'height'>,
): Window {
  const [column, width] = underSpan(window.column + shiftX, window.width, across, image.width);
  const [row, height] = underSpan(window.row + shiftY, window.height, down, image.height);
  return { column, row, width, height };
}

/** The coarser pixels, of `all` there are, under `length` finer ones from `start` on. */
function underSpan(
  start: number,
  length: number,
  ratio: number,
  all: number,
): [start: number, length: number] {
  const first = Math.min(all, Math.max(0, Math.floor(start / ratio)));
  const end = Math.min(all, Math.max(0, Math.floor((start + length - 1) / ratio) + 1));
  return [first, Math.max(0, end - first)];
}
