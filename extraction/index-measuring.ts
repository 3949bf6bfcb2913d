/** Measures an index under the parcels of a chunk, as bands are measured. */
import { type Alignment, type Calibration, IndexLayer, type Program, type Tally } from '../layers/index.js';
import type { PixelType } from '../rasters/index.js';
import { type Coverage, excludedValues, type PixelShares, type ZonalStatistics } from '../zonal/index.js';
import { type AlignedSource, visitAligned } from './aligned-pixels.js';
import { type IndexPixels, IndexStatistics } from './index-statistics.js';
import type { OpenRasters } from './open-rasters.js';
import type { Visit } from './parcel-pixels.js';
import type { Plane } from './plane.js';

export interface ExtractIndex {
  /** In the results table. */
  readonly name: string;
  readonly program: Program;
  /** One for each of the program's bands, in their order. */
  readonly inputs: readonly ExtractInput[];
  readonly hasRows: boolean;
  readonly hasClearRows: boolean;
  /** Which of the task's coverages belong to the index's grid: of raw rows, and of clear ones. */
  readonly coverage: number;
  readonly clearCoverage: number;
  /** As of bands: see `ExtractBand`. */
  readonly only?: readonly number[] | undefined;
  readonly clearOnly?: readonly number[] | undefined;
}

export interface ExtractInput {
  readonly path: string;
  readonly rasterBand: number;
  readonly pixelType: PixelType;
  /** Decoded pixels, where the format has to be decoded. */
  readonly plane: Plane | undefined;
  /** Numbers that are no data besides 0 and NaN. */
  readonly noData: readonly (number | undefined)[];
  readonly calibration: Calibration;
  /** Of its grid and the index's. */
  readonly alignment: Alignment;
}

/** An index, ready to be measured. */
export class IndexMeasuring {
  /** Pixels of parcels without a value, by reason, counted while `countsWithoutValue`. */
  readonly withoutValue: Tally = {};
  private readonly pixels: IndexPixels = { windows: [] };

  private constructor(
    private readonly layer: IndexLayer,
    private readonly sources: readonly AlignedSource[],
  ) {}

  /** @param width that of the index's grid. */
  static async open(index: ExtractIndex, width: number, rasters: OpenRasters): Promise<IndexMeasuring> {
    const inputs = index.inputs.map(({ alignment, calibration, pixelType, noData }) => ({
      ...{ alignment, calibration },
      excluded: excludedValues(pixelType, noData),
    }));
    const sources: AlignedSource[] = [];
    for (const { alignment, plane, path, rasterBand } of index.inputs)
      sources.push({ alignment, from: plane ?? { raster: await rasters.get(path), rasterBand } });
    return new IndexMeasuring(new IndexLayer(index.program, inputs, width), sources);
  }

  statisticsOf(isExtended: boolean, shares: PixelShares | undefined): ZonalStatistics {
    return new IndexStatistics(this.layer, this.pixels, { isExtended, shares });
  }

  set countsWithoutValue(counts: boolean) {
    this.layer.tally = counts ? this.withoutValue : undefined;
  }

  /** Visits each parcel of the selection that has pixels; its spans are the grid's. */
  async visit(coverage: Coverage, selection: Int32Array, visit: Visit): Promise<void> {
    const { start, length, offsets, grid } = coverage;
    const whole = { column: 0, row: 0, width: grid.width, height: grid.height };
    await visitAligned(this.sources, coverage, selection, (k, windows) => {
      this.pixels.windows = windows;
      const parcel = selection[k]!;
      visit(k, NONE, start, length, offsets[parcel]!, offsets[parcel + 1]!, whole);
    });
  }
}

/** An index has no pixels of its own. */
const NONE = new Float64Array(0);
