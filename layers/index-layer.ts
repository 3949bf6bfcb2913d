/**
 * An index as a layer that is measured like a band. There is no plane of it: its numbers are reckoned under one parcel at a
 * time, in double precision, and forgotten when they are measured.
 */
import { RealStatistics, ROW_LENGTH, threadKernel } from '../zonal/index.js';
import type { Alignment } from './alignment.js';
import { type Calibration, InputReader } from './input-reader.js';
import type { PixelWindow } from './pixel-window.js';
import { Machine, type NoResult, type Program } from './program.js';
import { SpanPieces } from './span-pieces.js';

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
  private readonly rows = threadKernel().rows;
  private readonly pieces = new SpanPieces(ROW_LENGTH);

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
    return { results: this.statistics.room(count), count };
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
    return this.statistics.measure(count, out, at);
  }

  /** Fills the room for the results, with NaN where there is none. @returns how many pixels there are. */
  private reckon(
    sources: readonly PixelWindow[],
    start: Int32Array,
    length: Uint16Array | Int32Array,
    from: number,
    to: number,
  ): number {
    const { statistics, pieces, rows } = this;
    let count = 0;
    for (let k = from; k < to; k++) count += length[k]!;
    const room = statistics.room(count);
    if (count <= ROW_LENGTH) {
      this.reckonPiece(sources, start, length, from, to, count, room.byteOffset);
      return count;
    }
    const isInKernel = room === rows.reals;
    let done = 0;
    pieces.cut(start, length, from, to, (ofPiece, lengths, spans, pixels) => {
      const at = isInKernel ? room.byteOffset + 8 * done : this.machine.spare;
      this.reckonPiece(sources, ofPiece, lengths, 0, spans, pixels, at);
      if (!isInKernel) room.set(rows.at(at, pixels), done);
      done += pixels;
    });
    return count;
  }

  /** Writes the results of one piece of a parcel to the address `out`, and counts its pixels without one by reason. */
  private reckonPiece(
    sources: readonly PixelWindow[],
    start: Int32Array,
    length: Uint16Array | Int32Array,
    from: number,
    to: number,
    count: number,
    out: number,
  ): void {
    const { readers, machine, tally, rows } = this;
    for (let i = 0; i < readers.length; i++)
      readers[i]!.read(sources[i]!, start, length, from, to, machine.input(i));
    const left = machine.run(count, out);
    if (left === count || !tally) return;
    const results = rows.at(out, count);
    for (let pixel = 0; pixel < count; pixel++) {
      if (!Number.isNaN(results[pixel])) continue;
      const reason = machine.explain(pixel);
      tally[reason] = (tally[reason] ?? 0) + 1;
    }
  }
}
