/**
 * Clear rows of a chunk: the statistics of the pixels that a mask keeps, beside those of all pixels and in the same pass. The
 * mask is taken once a grid; a parcel that it keeps whole has the same statistics in both.
 */
import { CopyBody, packSignatures, type StatisticsOf } from '../database/results/copy-rows.js';
import type { StatisticColumn } from '../database/results/statistic-columns.js';
import { clearLayer } from '../database/ledger/layer-names.js';
import { coarsenMask, type Mask } from '../layers/index.js';
import type { PixelArray, Window } from '../rasters/index.js';
import type { Coverage, ZonalStatistics } from '../zonal/index.js';
import { unionAscending } from './chunk-selection.js';
import { type DecodedClasses, maskOf } from './class-mask.js';
import { ClearSpans } from './clear-spans.js';
import type { Gap } from './gaps.js';
import { type Masking, SAME_GRID } from './masking.js';
import { WindowSpans } from './window-spans.js';

export interface ClearTask extends DecodedClasses {
  readonly minPixels: number;
  /** One a coverage; undefined where none of its bands has clear rows. */
  readonly maskings: readonly (Masking | undefined)[];
  readonly clearPath: string;
  readonly table: StatisticsOf;
}

/** Of one chunk, all bands. */
export class ClearRows {
  readonly body = new CopyBody();
  readonly gaps: Gap[] = [];
  private readonly spans = new Map<Int32Array, ClearSpans>();

  private constructor(
    readonly task: ClearTask,
    private readonly mask: Mask,
  ) {}

  /** @throws RasterError naming the class map where its pixels are no classes. */
  static of(task: ClearTask): ClearRows {
    return new ClearRows(task, maskOf(task));
  }

  /** The clear spans of some parcels of a coverage, which the task numbers `index`; of one list of them they are found once. */
  spansOf(index: number, coverage: Coverage, selection: Int32Array): ClearSpans {
    const known = this.spans.get(selection);
    if (known) return known;
    const made = this.narrow(this.task.maskings[index]!, coverage, selection);
    this.spans.set(selection, made);
    return made;
  }

  private narrow({ isCoarser, alignment }: Masking, coverage: Coverage, selection: Int32Array): ClearSpans {
    if (!isCoarser) return ClearSpans.of(coverage, selection, this.mask, alignment);
    const coarse = coarsenMask(this.mask, alignment, coverage, selection);
    return ClearSpans.of(coverage, selection, coarse, SAME_GRID);
  }
}

/** The clear rows of one band. */
export class ClearBand {
  /** As many numbers a parcel as the raw statistics have. */
  readonly statistics: Float64Array;
  private readonly shifted: WindowSpans;
  private readonly width: number;
  private readonly valid: number;

  constructor(
    private readonly spans: ClearSpans,
    private readonly zonal: ZonalStatistics,
    /** Those of all pixels; they are there of a parcel before its clear pixels are measured. */
    private readonly raw: Float64Array,
    /** What is measured, the count first. */
    private readonly names: readonly StatisticColumn[],
  ) {
    this.width = names.length;
    this.valid = names.indexOf('valid');
    this.statistics = new Float64Array(raw.length);
    this.shifted = new WindowSpans(zonal.strip?.start, zonal.strip?.length);
  }

  /** Measures parcel `k` of the selection, whose pixels are the grid's in `window`. */
  measure(k: number, pixels: PixelArray, window: Window): void {
    const { spans, raw, statistics, shifted, zonal } = this;
    const at = this.width * k;
    if (spans.isWhole[k] === 1) {
      for (let i = at; i < at + this.width; i++) statistics[i] = raw[i]!;
      return;
    }
    if (!(raw[at]! > 0) || spans.offsets[k] === spans.offsets[k + 1]) return;
    shifted.take(spans, k, window);
    zonal.compute(pixels, shifted.start, shifted.length, 0, shifted.count, statistics, at, k);
    // A share of all pixels that the parcel has, of which these are some.
    const { valid } = this;
    if (valid >= 0) statistics[at + valid] = (statistics[at]! * raw[at + valid]!) / raw[at]!;
  }

  /** Packs a row of each parcel with clear pixels enough, and says of the others why they have none. */
  finish(rows: ClearRows, obsid: number, band: string, pids: Int32Array, rawGaps: readonly Gap[]): void {
    const { statistics, raw, width } = this;
    const { body, gaps, task } = rows;
    const which: number[] = [];
    const cloudy: number[] = [];
    const tooFew: number[] = [];
    for (let k = 0; k < pids.length; k++) {
      if (!(raw[width * k]! > 0)) continue;
      const count = statistics[width * k]!;
      if (!(count > 0)) cloudy.push(pids[k]!);
      else if (count < task.minPixels) tooFew.push(pids[k]!);
      else which.push(k);
    }
    packSignatures(body, { obsid, band, pids, statistics, names: this.names, which }, task.table);
    const layer = clearLayer(band);
    const [skipped, missing] = partitioned(rawGaps);
    for (const { reason, pids } of missing) gaps.push({ band: layer, reason, pids });
    const noneClear = unionAscending([cloudy, ...skipped.map(({ pids }) => pids)]);
    if (noneClear.length > 0) gaps.push({ band: layer, reason: 'cloudy', pids: noneClear });
    if (tooFew.length > 0) gaps.push({ band: layer, reason: 'too-few-pixels', pids: tooFew });
  }
}

/** Those of parcels that were not measured since they are cloudy, and the others. */
function partitioned(gaps: readonly Gap[]): [skipped: Gap[], others: Gap[]] {
  return [gaps.filter(({ reason }) => reason === 'cloudy'), gaps.filter(({ reason }) => reason !== 'cloudy')];
}
