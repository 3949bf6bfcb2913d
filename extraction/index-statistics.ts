/** Measures an index as bands are measured. */
import type { IndexLayer, PixelWindow } from '../layers/index.js';
import { type Measuring, type PixelArray, WeighedStatistics, type ZonalStatistics } from '../zonal/index.js';

/** The pixels of an index's bands under the parcel at hand. */
export interface IndexPixels {
  windows: readonly PixelWindow[];
}

export class IndexStatistics implements ZonalStatistics {
  /** Where pixels have shares, or more than the eight statistics are wanted. */
  private readonly weighed: WeighedStatistics | undefined;
  private readonly start = new Int32Array(1);
  private readonly length = new Int32Array(1);

  constructor(
    private readonly layer: IndexLayer,
    private readonly pixels: IndexPixels,
    { isExtended = false, shares }: Measuring,
  ) {
    if (isExtended || shares) this.weighed = new WeighedStatistics([], isExtended, shares, NaN);
  }

  /** @param _pixels are not looked at: spans count pixels of the index's grid. */
  compute(
    _pixels: PixelArray,
    start: Int32Array,
    length: Uint16Array | Int32Array,
    from: number,
    to: number,
    out: Float64Array,
    at: number,
    parcel?: number,
  ): number {
    const { windows } = this.pixels;
    if (this.weighed === undefined) return this.layer.compute(windows, start, length, from, to, out, at);
    const { results, count } = this.layer.values(windows, start, length, from, to);
    this.length[0] = count;
    return this.weighed.compute(results, this.start, this.length, 0, 1, out, at, parcel);
  }
}
