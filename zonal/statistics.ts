/**
 * The statistics of a parcel in one band, as rasterstats gives them: 0, NaN and the excluded values are left out; the
 * standard deviation is the population's; percentiles lie between two pixels as numpy's "linear" method has it.
 */
import { ByteStatistics } from './byte-statistics.js';
import { excludedValues } from './exclusions.js';
import { RealStatistics } from './real-statistics.js';
import type { Strip } from './strip.js';
import { WordStatistics } from './word-statistics.js';

/** The numbers of one parcel and band, in the order they are written; as many doubles as there are names. */
export const STATISTICS = ['count', 'mean', 'std', 'min', 'max', 'p25', 'p50', 'p75'] as const;

export type PixelType = 'uint8' | 'int8' | 'uint16' | 'int16' | 'uint32' | 'int32' | 'float32' | 'float64';

export type PixelArray =
  Uint8Array | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array | Float32Array | Float64Array;

/** Measures bands of one pixel type and one set of exclusions. It keeps scratch memory of its own: one to a thread. */
export interface ZonalStatistics<Pixels extends PixelArray = PixelArray> {
  /** One for all bands of the thread. */
  readonly strip?: Strip<Pixels>;

  /**
   * Measures the pixels under the spans `from` to before `to`: span `k` is `length[k]` pixels of `pixels` from
   * `start[k]` on. Writes the STATISTICS to `out[at]` and following; where the count is 0, the others are not written.
   * @returns the count of valid pixels.
   */
  compute(
    pixels: Pixels,
    start: Int32Array,
    length: Uint16Array | Int32Array,
    from: number,
    to: number,
    out: Float64Array,
    at: number,
  ): number;
}

interface PixelsOf {
  uint8: Uint8Array;
  int8: Int8Array;
  uint16: Uint16Array;
  int16: Int16Array;
  uint32: Uint32Array;
  int32: Int32Array;
  float32: Float32Array;
  float64: Float64Array;
}

/**
 * The way to measure that suits a pixel type: counting values where there are few of them, selecting otherwise.
 * @param excluded values that are left out besides 0 and NaN, each of them; undefined is none.
 */
export function createZonalStatistics<T extends PixelType>(
  pixelType: T,
  excluded?: Iterable<number | undefined>,
): ZonalStatistics<PixelsOf[T]>;
export function createZonalStatistics(
  pixelType: PixelType,
  excluded: Iterable<number | undefined> = [],
): ByteStatistics | WordStatistics | RealStatistics {
  const values = excludedValues(pixelType, excluded);
  switch (pixelType) {
    case 'uint8':
      return new ByteStatistics(values);
    case 'uint16':
      return new WordStatistics(values);
    case 'int8':
    case 'int16':
    case 'int32':
    case 'uint32':
    case 'float32':
    case 'float64':
      return new RealStatistics(values);
  }
}
