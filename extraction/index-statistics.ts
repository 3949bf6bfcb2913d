/** Measures an index as bands are measured. */
import type { IndexLayer, PixelWindow } from '../layers/index.js';
import {
  createZonalStatistics,
  EXTENDED_STATISTICS,
  type Measuring,
  type PixelArray,
  STATISTICS,
  type ZonalStatistics,
} from '../zonal/index.js';

/** The pixels of an index's bands under the parcel at hand. */
export interface IndexPixels {
  windows: readonly PixelWindow[];
}

/** The smallest number above 0; it stands for 0, which is a number of an index and no data of a band. */
const NEXT_TO_0 = Number.MIN_VALUE;

export class IndexStatistics implements ZonalStatistics {
  /** Where pixels have shares, or more than the eight statistics are wanted. */
  private readonly weighed: ZonalStatistics<Float64Array> | undefined;
  /** Numbers a parcel. */
  private readonly numbers: number;
  private readonly start = new Int32Array(1);
  private readonly length = new Int32Array(1);

  constructor(
    private readonly layer: IndexLayer,
    private readonly pixels: IndexPixels,
    measuring: Measuring,
  ) {
    const { isExtended = false, shares } = measuring;
    this.numbers = (isExtended ? EXTENDED_STATISTICS : STATISTICS).length;
    if (isExtended || shares) this.weighed = createZonalStatistics('float64', [], measuring);
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
    for (let i = 0; i < count; i++) if (results[i] === 0) results[i] = NEXT_TO_0;
    this.length[0] = count;
    const counted = this.weighed.compute(results, this.start, this.length, 0, 1, out, at, parcel);
    for (let i = at; i < at + this.numbers; i++) if (out[i] === NEXT_TO_0) out[i] = 0;
    return counted;
  }
}
