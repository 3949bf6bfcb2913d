/** The short way from an open raster and some polygons to statistics, for programs that have no scenes and no tables. */
import type { Coverage } from './coverage.js';
import { CoverageBuilder } from './coverage-builder.js';
import { type MultiPolygon, type Polygon, wkbOf } from './geojson.js';
import type { Grid, Window } from './grid.js';
import { ofParcel, ParcelSetBuilder } from './parcel-set.js';
import type { PixelArray, PixelType } from './pixels.js';
import type { PixelRule } from './pixel-rule.js';
import { READ_CELL } from './read-cell.js';
import { createZonalStatistics, EXTENDED_STATISTICS, STATISTICS } from './statistics.js';
import { GeometryError } from './wkb.js';

/** What can be measured: a raster that `openRaster` of `parcelwise/rasters` opened, or whatever reads alike. */
export interface MeasuredRaster {
  readonly grid: Grid;
  readonly pixelType: PixelType;
  /** The file's own no-data value, besides 0 and NaN. */
  readonly noData: number | undefined;
  /** Size in pixels of what is decoded at a time, from the grid's upper left corner on. */
  readonly block: { readonly width: number; readonly height: number };
  /**
   * Writes row `r`, column `c` of the window to `pixels[offset + r * stride + c]`. `band` is 1-based. Only pixels in cells
   * marked with 1 are looked at: squares of `cell` pixels' side from the grid's upper left corner, row by row, `across` in a row.
   */
  readWindow(
    band: number,
    window: Window,
    target: { readonly pixels: PixelArray; readonly offset: number; readonly stride: number },
    wanted: { readonly cell: number; readonly across: number; readonly marks: Uint8Array },
  ): Promise<void>;
}

export interface Parcel {
  /** A whole number of 32 bits, of one parcel only. */
  readonly id: number;
  /** As GeoJSON or (E)WKB, in the CRS of the raster's grid, whatever SRID it names: nothing is transformed. */
  readonly geometry: Polygon | MultiPolygon | Uint8Array;
}

/**
 * Statistics of the valid pixels of a parcel; all but the count are NaN where there is none. Those beyond the STATISTICS are
 * there where they were asked for.
 */
export type ParcelStatistics = { readonly id: number } & Readonly<
  Record<(typeof STATISTICS)[number], number>
> &
  Readonly<Partial<Record<(typeof EXTENDED_STATISTICS)[number], number>>>;

export interface MeasureOptions {
  /** 1-based; the first where it is left out. */
  readonly band?: number;
  /** Values that are no measurement, besides 0, NaN and the raster's own no-data value. */
  readonly excluded?: readonly number[];
  /** Which pixels are a parcel's; by default those whose centre lies inside. */
  readonly rule?: PixelRule;
  /** The EXTENDED_STATISTICS are wanted. */
  readonly isExtended?: boolean;
}

/** A parcel's box in its table's CRS is kept for those who have a table. */
const NO_BOX = { minX: NaN, minY: NaN, maxX: NaN, maxY: NaN };

/**
 * Measures a band under each parcel: pixels whose centre lies inside, as rasterstats counts them, unless another rule is
 * given; with `fraction`, each weighs the share of it that is covered. Blocks without a parcel are not decoded, others once;
 * they are kept in memory while it runs, up to the size of the whole band.
 * @param raster as `openRaster` gives it
 * @param parcels in the raster's CRS
 * @param options the band, values that are no measurement, the pixel rule, and whether further statistics are wanted
 * @returns the statistics in the order of the parcels
 * @throws GeometryError naming the parcel whose geometry can't be used; RangeError for ids that are not whole or occur
 * twice, for a grid that is not north-up, and for blocks without pixels; what `readWindow` throws.
 */
export async function zonalStatistics(
  raster: MeasuredRaster,
  parcels: Iterable<Parcel>,
  { band = 1, excluded = [], rule = 'centre', isExtended = false }: MeasureOptions = {},
): Promise<ParcelStatistics[]> {
  const listed = [...parcels];
  const coverage = cover(raster.grid, rule, listed);
  const pixels = await readTouched(raster, band, coverage);
  const names = isExtended ? EXTENDED_STATISTICS : STATISTICS;
  const { offsets, start, length, pids, shares } = coverage;
  const measuring = { isExtended, shares };
  const zonal = createZonalStatistics<PixelType>(raster.pixelType, [...excluded, raster.noData], measuring);
  const numbers = new Float64Array(names.length * coverage.count).fill(NaN);
  const found = new Map<number, ParcelStatistics>();
  for (let i = 0; i < coverage.count; i++) {
    const at = names.length * i;
    zonal.compute(pixels, start, length, offsets[i]!, offsets[i + 1]!, numbers, at, i);
    const named = names.map((name, k) => [name, numbers[at + k]!] as const);
    const statistics = Object.fromEntries(named) as Record<(typeof STATISTICS)[number], number>;
    found.set(pids[i]!, { id: pids[i]!, ...statistics });
  }
  return listed.map(({ id }) => found.get(id)!);
}

/** The pixels of each parcel; the builder wants parcels by their ids. */
function cover(grid: Grid, rule: PixelRule, parcels: readonly Parcel[]): Coverage {
  const set = new ParcelSetBuilder();
  for (const parcel of [...parcels].sort((a, b) => a.id - b.id)) {
    const { id } = parcel;
    if ((id | 0) !== id) throw new RangeError(`a parcel's id is a whole number of 32 bits, not ${id}`);
    set.add(id, NO_BOX, wkbOfParcel(parcel));
  }
  const builder = new CoverageBuilder(grid, rule);
  const [refused] = builder.add(set.finish());
  if (refused !== undefined) throw new GeometryError(refused);
  return builder.finish();
}

function wkbOfParcel({ id, geometry }: Parcel): Uint8Array {
  if (geometry instanceof Uint8Array) return geometry;
  try {
    return wkbOf(geometry);
  } catch (error) {
    throw error instanceof GeometryError ? ofParcel(id, error) : error;
  }
}

/** The band's pixels where a parcel has some, laid out as the grid is; anything elsewhere. */
async function readTouched(raster: MeasuredRaster, band: number, coverage: Coverage): Promise<PixelArray> {
  const { grid, block } = raster;
  if (!(block.width >= 1 && block.height >= 1))
    throw new RangeError(`a block of ${block.width} x ${block.height} pixels is no block`);
  const pixels = newPixels(raster.pixelType, grid.width * grid.height);
  const across = Math.ceil(grid.width / block.width);
  const marks = coverage.touchedBlocks(READ_CELL, READ_CELL);
  const wanted = { cell: READ_CELL, across: Math.ceil(grid.width / READ_CELL), marks };
  for (const [index, isTouched] of coverage.touchedBlocks(block.width, block.height).entries()) {
    if (isTouched === 0) continue;
    const column = (index % across) * block.width;
    const row = Math.floor(index / across) * block.height;
    const width = Math.min(block.width, grid.width - column);
    const height = Math.min(block.height, grid.height - row);
    const target = { pixels, offset: row * grid.width + column, stride: grid.width };
    await raster.readWindow(band, { column, row, width, height }, target, wanted);
  }
  return pixels;
}

function newPixels(type: PixelType, count: number): PixelArray {
  switch (type) {
    case 'uint8':
      return new Uint8Array(count);
    case 'int8':
      return new Int8Array(count);
    case 'uint16':
      return new Uint16Array(count);
    case 'int16':
      return new Int16Array(count);
    case 'uint32':
      return new Uint32Array(count);
    case 'int32':
      return new Int32Array(count);
    case 'float32':
      return new Float32Array(count);
    case 'float64':
      return new Float64Array(count);
  }
}
