/**
 * An index as a layer that is measured like a band. There is no plane of it: its numbers are reckoned under one parcel at a
 * time, in double precision, and forgotten when they are measured.
 */
import { RealStatistics } from '../zonal/index.js';
import type { Alignment } from './alignment.js';
import { type Calibration, InputReader } from './input-reader.js';
import type { PixelWindow } from './pixel-window.js';
import { Machine, type NoResult, type Program } from './program.js';

/** How a band's stored numbers are taken into the index. */
export interface IndexInput {
  /** Of the band's grid and the index's, which is the finest of its bands'. */
  readonly alignment: Alignment;
  readonly calibration: Calibration;
  /** Stored numbers that are no data, besides 0 and NaN. */
  readonly excluded: readonly number[];
}

/** Pixels without a result, by reason. */
export type Tally = Partial<Record<NoResult, number>>;

/** Keeps scratch memory of its own: one to a thread and scene. */
export class IndexLayer {
  /** Where pixels without a result are counted; a pixel counts as often as it is asked for. */
  tally: Tally | undefined = undefined;
  private readonly machine: Machine;
  private readonly readers: readonly InputReader[];
  private readonly statistics = new RealStatistics([]);
  private numbers: Float64Array[] = [];
  private results = new Float64Array(0);

  /**
   * @param inputs one for each of the program's bands, in their order
   * @param width that of the index's grid, whose pixels spans count.
   */
  constructor(program: Program, inputs: readonly IndexInput[], width: number) {
    if (inputs.length !== program.bands.length)
      throw new RangeError(`${program.bands.length} bands need as many inputs, not ${inputs.length}`);
    this.machine = new Machine(program);
    this.readers = inputs.map(
      ({ alignment, calibration, excluded }) => new InputReader(alignment, width, calibration, excluded),
    );
  }

  /**
   * The index under the spans `from` to before `to`, pixel by pixel, NaN where it has no result.
   * @param sources the pixels of each of the program's bands
   * @returns memory that the next call writes over; what is behind the pixels is left from before.
   */
  values(
    sources: readonly PixelWindow[],
    start: Int32Array,
    length: Uint16Array | Int32Array,
    from: number,
    to: number,
  ): { readonly results: Float64Array; readonly count: number } {
    const count = this.reckon(sources, start, length, from, to);
    this.leaveOut(count);
    return { results: this.results, count };
  }

  /**
   * Measures the index under the spans, as ZonalStatistics do a band: 0 is a number like any other.
   * @returns the count of pixels that have a result.
   */
  compute(
    sources: readonly PixelWindow[],
    start: Int32Array,
    length: Uint16Array | Int32Array,
    from: number,
    to: number,
    out: Float64Array,
    at: number,
  ): number {
    const count = this.reckon(sources, start, length, from, to);
    const measured = this.statistics.computeAll(this.results, count, out, at);
    if (measured < count) this.leaveOut(count);
    return measured;
  }

  /** @returns how many pixels there are. */
  private reckon(
    sources: readonly PixelWindow[],
    start: Int32Array,
    length: Uint16Array | Int32Array,
    from: number,
    to: number,
  ): number {
    let count = 0;
    for (let k = from; k < to; k++) count += length[k]!;
    if (count > this.results.length) {
      this.results = new Float64Array(2 * count);
      this.numbers = this.readers.map(() => new Float64Array(2 * count));
    }
    const { results, numbers, readers } = this;
    for (let i = 0; i < readers.length; i++)
      readers[i]!.read(sources[i]!, start, length, from, to, numbers[i]!);
    this.machine.run(numbers, count, results);
    return count;
  }

  /** Makes NaN of results that are infinite, and counts what has none. */
  private leaveOut(count: number): void {
    const { results, tally } = this;
    for (let pixel = 0; pixel < count; pixel++) {
      if (Number.isFinite(results[pixel])) continue;
      if (tally) {
        const reason = this.machine.explain(this.numbers, pixel);
        tally[reason] = (tally[reason] ?? 0) + 1;
      }
      results[pixel] = NaN;
    }
  }
}
