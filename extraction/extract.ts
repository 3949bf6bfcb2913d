/**
 * Statistics of one chunk's parcels in all bands, packed as rows for COPY; runs in a thread.
 *
 * Terms. *Chunk*: a range of parcels. *Coverage*: which pixels of a grid belong to which parcel. *Plane*: a band's pixels in
 * memory that threads share, decoded block by block. *Gap*: a parcel without a row, with its reason. *Scratch*: the folder
 * of staged scenes, packed chunks and coverages.
 *
 * What is measured is a layer: a band as it is stored, or an index of several (index-measuring.ts), of all pixels and of the
 * clear ones. Names and bands of the indices are the CARD type's.
 */
import { writeFile } from 'node:fs/promises';
import { CopyBody, packHistogram, packSignatures, type StatisticsOf } from '../database/results/copy-rows.js';
import {
  ALL_STATISTIC_COLUMNS,
  type StatisticColumn,
  STATISTIC_COLUMNS,
} from '../database/results/statistic-columns.js';
import type { BodyColumns } from '../database/ledger/chunk-store.js';
import type { WithoutValue } from '../database/terms.js';
import type { PixelType } from '../rasters/index.js';
import { Coverage, createZonalStatistics, excludedValues } from '../zonal/index.js';
import { ChunkParcels, type ParcelsOfChunk } from './chunk-parcels.js';
import { ClearBand, ClearRows, type ClearTask } from './clear-rows.js';
import { type Gap, gapsOf } from './gaps.js';
import { type ExtractIndex, IndexMeasuring } from './index-measuring.js';
import { harmonise } from './harmonise.js';
import type { MeasuredLayer } from './measured-layer.js';
import type { OpenRasters } from './open-rasters.js';
import { ParcelHistograms } from './parcel-histograms.js';
import { type PixelSource, type Visit, visitParcelPixels } from './parcel-pixels.js';
import type { Harmonised } from './scratch/staged-layers.js';
import type { Plane } from './plane.js';

export interface ExtractBand {
  /** The band's name in the results table. */
  readonly name: string;
  readonly path: string;
  readonly rasterBand: number;
  readonly pixelType: PixelType;
  /** Numbers that stand for no data by the file itself and by its STAC item; 0 and NaN do anyway. */
  readonly noData: readonly number[];
  readonly harmonised: Harmonised | undefined;
  /** Whether rows of all pixels are wanted; true where nothing is said. */
  readonly hasRows?: boolean | undefined;
  /** Parcels that are cloudy are measured too: it is the map of classes. */
  readonly evenCloudy?: boolean | undefined;
  /** Histograms of this band's classes are wanted. */
  readonly histogram: boolean;
  /** Decoded pixels, where the format has to be decoded. */
  readonly plane: Plane | undefined;
  /** Clear rows of it are kept, where the task has any. */
  readonly hasClearRows?: boolean | undefined;
  /** Which of the task's coverages belongs to the band's grid. */
  readonly coverage: number;
  /** Which of them its histograms count, where those have pixels of their own. */
  readonly histogramCoverage?: number | undefined;
  /** Which of them clear rows are measured by, where it is another. */
  readonly clearCoverage?: number | undefined;
  /** The parcels, ascending, that rows and clear rows are measured of, where these are not all. */
  readonly only?: readonly number[] | undefined;
  readonly clearOnly?: readonly number[] | undefined;
}

export interface ExtractTask extends ParcelsOfChunk {
  readonly kind: 'extract';
  readonly obsid: number;
  readonly bands: readonly ExtractBand[];
  readonly coverages: readonly SharedArrayBuffer[];
  readonly indices?: readonly ExtractIndex[] | undefined;
  /** Left out where no clear rows are kept. */
  readonly clear?: ClearTask | undefined;
  readonly rowsPath: string;
  readonly histsPath: string;
  /** Which statistics the results table takes, and how. */
  readonly table: StatisticsOf;
  /** Whether the histograms table keeps jsonb instead of CbM's json. */
  readonly jsonb: boolean;
}

export interface ChunkReport {
  /** The parcels met, ascending. */
  readonly pids: readonly number[];
  readonly parcels: number;
  readonly rows: number;
  readonly hists: number;
  /** Left out where no clear rows are kept. */
  readonly clear?: number | undefined;
  /** Statistics that the packed rows have; CbM's eight where nothing is said. */
  readonly columns?: BodyColumns | undefined;
  readonly gaps: readonly Gap[];
  /** Pixels of all parcels, cloudy or not, that an index has no value of; left out where there are none. */
  readonly withoutValue?: WithoutValue | undefined;
}

/** @throws RasterError naming the file that can't be read. */
export async function extractChunk(task: ExtractTask, rasters: OpenRasters): Promise<ChunkReport> {
  const rows = new CopyBody();
  const hists = new CopyBody();
  const coverages = task.coverages.map((buffer) => Coverage.from(buffer));
  const parcels = new ChunkParcels(task, coverages);
  const { met } = parcels;
  const gaps: Gap[] = [];
  const clearRows = task.clear && ClearRows.of(task.clear);
  const names = measuredFor([...task.table.statistics, ...(task.clear?.table.statistics ?? [])]);
  const stride = names.length;
  const isExtended = stride > STATISTIC_COLUMNS.length;

  /** Statistics of some parcels by a coverage, and clear ones in the same pass; `after` is called for each parcel with its spans. */
  const measure = async (
    layer: MeasuredLayer,
    index: number,
    only: readonly number[] | undefined,
    hasClear: boolean,
    after?: AfterParcel,
  ) => {
    const by = coverages[index]!;
    const { selection: chosen, pids, cloudy } = parcels.of(index, layer.evenCloudy, only);
    const zonal = layer.statisticsOf(by.shares);
    const statistics = new Float64Array(stride * chosen.length);
    const spans = hasClear ? clearRows?.spansOf(index, by, chosen) : undefined;
    const narrowed = spans?.shares ? layer.statisticsOf(spans.shares) : zonal;
    const clear = spans && new ClearBand(spans, narrowed, statistics, names);
    const visit: Visit = (k, pixels, start, length, from, to, window) => {
      layer.countWithoutValue?.(true);
      zonal.compute(pixels, start, length, from, to, statistics, stride * k, chosen[k]);
      layer.countWithoutValue?.(false);
      after?.(statistics, k, [pixels, start, length, from, to]);
      // Last, since it may write over the spans.
      clear?.measure(k, pixels, window);
    };
    await layer.visit(by, chosen, visit, zonal.strip);
    const gaps = gapsOf(layer.name, by, chosen, statistics, stride, parcels.outside(index, only));
    if (cloudy.length > 0) gaps.push({ band: layer.name, reason: 'cloudy', pids: cloudy });
    if (layer.harmonised) harmonise(statistics, stride, layer.harmonised);
    if (layer.harmonised && clear) harmonise(clear.statistics, stride, layer.harmonised);
    if (clearRows) clear?.finish(clearRows, task.obsid, layer.name, pids, gaps);
    return { statistics, gaps };
  };

  /** Packs the rows of a layer, where they are wanted, and measures its clear ones. @returns its statistics */
  const measureRows = async (layer: MeasuredLayer, places: LayerPlaces, after?: AfterParcel) => {
    const { coverage: index, clearCoverage = index, hasRows = true, only, clearOnly } = places;
    const hasClear = clearRows !== undefined && places.hasClearRows === true;
    const isApart = clearCoverage !== index || clearOnly !== only;
    // Pixels without a value are told of raw rows.
    const ofClear = { ...layer, countWithoutValue: undefined };
    const measureClear = () => measure(ofClear, clearCoverage, clearOnly, true);
    if (!hasRows && isApart) return (await measureClear()).statistics;
    const { statistics, gaps: missing } = await measure(
      hasRows ? layer : ofClear,
      index,
      only,
      hasClear && !isApart,
      after,
    );
    if (hasClear && isApart) await measureClear();
    if (!hasRows) return statistics;
    const { pids } = parcels.of(index, layer.evenCloudy, only);
    packSignatures(rows, { obsid: task.obsid, band: layer.name, pids, statistics, names }, task.table);
    gaps.push(...missing);
    return statistics;
  };

  for (const band of task.bands) {
    const source: PixelSource = band.plane
      ? { plane: band.plane }
      : { raster: await rasters.get(band.path), rasterBand: band.rasterBand };

    // Of the numbers as they are stored: a pixel that an offset brings to 0 is a measurement.
    const excluded = excludedValues(band.pixelType, [...band.noData, band.harmonised?.saturated]);
    const layer: MeasuredLayer = {
      ...{ name: band.name, harmonised: band.harmonised, evenCloudy: band.evenCloudy === true },
      statisticsOf: (shares) => createZonalStatistics(band.pixelType, excluded, { isExtended, shares }),
      visit: (by, chosen, visit, strip) => visitParcelPixels(source, by, chosen, visit, strip),
    };

    const { histogramCoverage } = band;
    const { pids } = parcels.of(band.coverage, layer.evenCloudy);
    const histograms = band.histogram ? new ParcelHistograms(band, excluded) : undefined;
    /** One histogram a row: readers join the two. */
    const keepHistogram = (statistics: Float64Array, k: number, bins: Uint32Array) => {
      if (statistics[stride * k]! > 0) packHistogram(hists, pids[k]!, task.obsid, bins, task.jsonb);
    };
    const countClasses: AfterParcel | undefined =
      histograms && histogramCoverage === undefined
        ? (statistics, k, spans) => {
            keepHistogram(statistics, k, histograms.count(...spans));
          }
        : undefined;
    const statistics = await measureRows(layer, band, countClasses);
    if (histograms && histogramCoverage !== undefined) {
      const counted = new Set<number>();
      const count: Visit = (k, pixels, start, length, from, to) => {
        counted.add(k);
        keepHistogram(statistics, k, histograms.count(pixels, start, length, from, to));
      };
      const { selection } = parcels.of(histogramCoverage, layer.evenCloudy);
      await visitParcelPixels(source, coverages[histogramCoverage]!, selection, count);
      // A row that is all of pixels from beyond the border has a histogram of none.
      for (let k = 0; k < pids.length; k++) if (!counted.has(k)) keepHistogram(statistics, k, NO_PIXELS);
    }
  }

  const withoutValue: Record<string, WithoutValue[string]> = {};
  for (const index of task.indices ?? []) {
    const measuring = await IndexMeasuring.open(index, coverages[index.coverage]!.grid.width, rasters);
    const layer: MeasuredLayer = {
      ...{ name: index.name, harmonised: undefined, evenCloudy: false },
      statisticsOf: (shares) => measuring.statisticsOf(isExtended, shares),
      visit: (by, chosen, visit) => measuring.visit(by, chosen, visit),
      countWithoutValue: (counts) => {
        measuring.countsWithoutValue = counts;
      },
    };
    await measureRows(layer, index);
    if (Object.keys(measuring.withoutValue).length > 0) withoutValue[index.name] = measuring.withoutValue;
  }

  await writeFile(task.rowsPath, rows.finish());
  await writeFile(task.histsPath, hists.finish());
  const columns = { results: task.table.statistics, clear: task.clear?.table.statistics };
  const report = {
    ...{ pids: met, parcels: met.length, rows: rows.rows, hists: hists.rows, columns },
    ...(Object.keys(withoutValue).length > 0 && { withoutValue }),
  };
  if (!clearRows) return { ...report, gaps };
  await writeFile(clearRows.task.clearPath, clearRows.body.finish());
  return { ...report, clear: clearRows.body.rows, gaps: [...gaps, ...clearRows.gaps] };
}

/** By which coverages a layer is measured, and of which parcels. */
type LayerPlaces = Pick<
  ExtractBand,
  'coverage' | 'clearCoverage' | 'hasRows' | 'hasClearRows' | 'only' | 'clearOnly'
>;

/** Is given the statistics so far, the parcel's place in the selection, and its pixels. */
type AfterParcel = (
  statistics: Float64Array,
  k: number,
  spans: Parameters<ParcelHistograms['count']>,
) => void;

/** CbM's eight, which are measured fastest, or all there are where a table takes one of the others. */
function measuredFor(columns: readonly StatisticColumn[]): readonly StatisticColumn[] {
  const eight: readonly StatisticColumn[] = STATISTIC_COLUMNS;
  return columns.every((column) => eight.includes(column)) ? eight : ALL_STATISTIC_COLUMNS;
}

const NO_PIXELS = new Uint32Array(256);
