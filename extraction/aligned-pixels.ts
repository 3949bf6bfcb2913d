/** Brings the pixels of several bands to parcels at once: those of coarser grids lie under those of the finest. */
import type { Alignment, PixelWindow } from '../layers/index.js';
import { pixelArray, type Raster, type Window } from '../rasters/index.js';
import type { Coverage } from '../zonal/index.js';
import { nextStrip, rasterOrder } from './parcel-pixels.js';
import type { Plane } from './plane.js';

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
    for (const k of order) visit(k, planes);
    return;
  }
  for (let first = 0; first < order.length;) {
    const { window, end } = nextStrip(coverage, selection, order, first);
    const windows: PixelWindow[] = [];
    for (const source of sources) windows.push(await readUnder(source, window));
    for (; first < end; first++) visit(order[first]!, windows);
  }
}

function wholePlane({ pixels, pixelType, width, height }: Plane): PixelWindow {
  return { pixels: pixelArray(pixelType, pixels), column: 0, row: 0, width, height };
}

/** The whole plane, or what lies of a file under a window of the coverage's grid. */
async function readUnder({ from, alignment }: AlignedSource, window: Window): Promise<PixelWindow> {
  if ('pixels' in from) return wholePlane(from);
  const { raster, rasterBand } = from;
  const { across, down, shiftX, shiftY } = alignment;
  const [column, width] = under(window.column + shiftX, window.width, across, raster.grid.width);
  const [row, height] = under(window.row + shiftY, window.height, down, raster.grid.height);
  const pixels = pixelArray(raster.pixelType, width * height);
  const found = { column, row, width, height };
  if (pixels.length > 0) await raster.readWindow(rasterBand, found, { pixels, offset: 0, stride: width });
  return { ...found, pixels };
}

/** The coarser pixels, of `all` there are, under `length` finer ones from `start` on. */
function under(start: number, length: number, ratio: number, all: number): [start: number, length: number] {
  const first = Math.min(all, Math.max(0, Math.floor(start / ratio)));
  const end = Math.min(all, Math.max(0, Math.floor((start + length - 1) / ratio) + 1));
  return [first, Math.max(0, end - first)];
}
