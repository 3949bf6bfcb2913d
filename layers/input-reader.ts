/** Reads the input of an index: stored numbers under a parcel become physical ones, and NaN where there is no data. */
import { leaveOut, threadKernel } from '../zonal/index.js';
import type { Alignment } from './alignment.js';
import { type PixelWindow, SpanPlace } from './pixel-window.js';

/**
 * How stored numbers become physical ones: `(number + offset) * scale / unit`, in this order. Of Sentinel-2 a unit of
 * reflectance is 10000 numbers, and offset and scale are the product's; radar's numbers are physical as they are.
 */
export interface Calibration {
  readonly offset: number;
  readonly scale: number;
  readonly unit: number;
}

export const PHYSICAL: Calibration = { offset: 0, scale: 1, unit: 1 };

export class InputReader {
  private readonly rows = threadKernel().rows;
  private readonly place: SpanPlace;
  private readonly first: number;
  private readonly others: readonly number[];

  /**
   * @param alignment of the input's grid and the index's
   * @param width that of the index's grid
   * @param excluded stored numbers that are no data, besides 0 and NaN.
   */
  constructor(
    private readonly alignment: Alignment,
    private readonly width: number,
    private readonly calibration: Calibration,
    private readonly excluded: readonly number[],
  ) {
    this.place = new SpanPlace(alignment, width);
    [this.first = 0, ...this.others] = excluded;
  }

  /**
   * Writes the numbers under the spans `from` to before `to` of the index's grid to a row of the kernel, of which they are a
   * piece at most.
   * @param source pixels beside this window have no data.
   */
  read(
    source: PixelWindow,
    start: Int32Array,
    length: Uint16Array | Int32Array,
    from: number,
    to: number,
    address: number,
  ): void {
    const { pixels } = source;
    if (!(pixels instanceof Uint16Array || pixels instanceof Uint8Array)) {
      this.readOthers(source, start, length, from, to, address);
      return;
    }
    const { words } = this.rows;
    const isStraight = this.isStraight(source);
    const first = source.row * source.width;
    const pixelsThere = source.height * source.width;
    let at = 0;
    for (let k = from; k < to; k++) {
      const count = length[k]!;
      const pixel = start[k]! - first;
      if (isStraight && pixel >= 0 && pixel + count <= pixelsThere)
        copy(pixels, pixel, words, at, at + count);
      else this.spread(source, start[k]!, count, words, at);
      at += count;
    }
    for (const other of this.others) leaveOut(words, at, other);
    this.rows.calibrate(at, this.first, this.calibration, address);
  }

  /** Whether rows of the window are rows of the index's grid: a span's place is its own then. */
  private isStraight({ column, width }: PixelWindow): boolean {
    const { across, down, shiftX, shiftY } = this.alignment;
    const isSame = across === 1 && down === 1 && shiftX === 0 && shiftY === 0;
    return isSame && column === 0 && width === this.width;
  }

  /** Reads pixels that are no words. */
  private readOthers(
    source: PixelWindow,
    start: Int32Array,
    length: Uint16Array | Int32Array,
    from: number,
    to: number,
    address: number,
  ): void {
    const row = this.rows.at(address);
    let at = 0;
    for (let k = from; k < to; k++) {
      this.spread(source, start[k]!, length[k]!, row, at);
      at += length[k]!;
    }
    for (let i = 0; i < at; i++) row[i] = this.physical(row[i]!);
  }

  /** Writes the stored numbers under a span to `out` from `begin` on, each as often as it is repeated, and 0 beside the window. */
  private spread(
    source: PixelWindow,
    start: number,
    count: number,
    out: Uint16Array | Float64Array,
    begin: number,
  ): void {
    const { place } = this;
    const { pixels } = source;
    const { across } = this.alignment;
    place.find(start, count, source);
    let at = begin + place.before;
    const end = begin + count - place.after;
    out.fill(0, begin, at);
    for (let i = place.first, next = at + across - place.phase; at < end; i++, next += across) {
      const number = pixels[i]!;
      for (; at < next && at < end; at++) out[at] = number;
    }
    out.fill(0, end, begin + count);
  }

  private physical(number: number): number {
    const { offset, scale, unit } = this.calibration;
    // NaN needs no asking: it stays what it is.
    return number === 0 || this.excluded.includes(number) ? NaN : ((number + offset) * scale) / unit;
  }
}

function copy(
  pixels: Uint8Array | Uint16Array,
  first: number,
  words: Uint16Array,
  begin: number,
  end: number,
): void {
  let i = first;
  let at = begin;
  // Spans are short, so their ends cost more than their pixels: four at a time, and what is too much is overwritten.
  if (first + end - begin + 3 <= pixels.length)
    for (; at < end; i += 4, at += 4) {
      words[at] = pixels[i]!;
      words[at + 1] = pixels[i + 1]!;
      words[at + 2] = pixels[i + 2]!;
      words[at + 3] = pixels[i + 3]!;
    }
  else for (; at < end; i++, at++) words[at] = pixels[i]!;
}
