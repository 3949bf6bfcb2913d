/**
 * The statistics of a parcel in one band, as rasterstats gives them: 0, NaN and the excluded values are left out; the
 * standard deviation is the population's; percentiles lie between two pixels as numpy's "linear" method has it.
 */
import { ByteStatistics } from './byte-statistics.js';
import { excludedValues } from './exclusions.js';
import { RealStatistics } from './real-statistics.js';
import type { PixelShares } from './pixel-shares.js';
import { WeighedStatistics } from './weighed-statistics.js';
import { WeighedWordStatistics } from './weighed-word-statistics.js';
import { WordStatistics } from './word-statistics.js';
import type { PixelType } from './pixels.js';
import type { ZonalStatistics } from './zonal-statistics.js';

/** The numbers of one parcel and band, in the order they are written; as many doubles as there are names. */
export const STATISTICS = ['count', 'mean', 'std', 'min', 'max', 'p25', 'p50', 'p75'] as const;

/**
 * The same, and more: percentiles; the skewness (the population's third moment, NaN where all values are one); and `valid`, the
 * share of the parcel's pixels on the grid that count.
 */
export const EXTENDED_STATISTICS = [...STATISTICS, 'p05', 'p10', 'p90', 'p95', 'skew', 'valid'] as const;

/** What is measured beside the eight, and how. */
export interface Measuring {
  /** The EXTENDED_STATISTICS are wanted. */
  readonly isExtended?: boolean;
  /** Of the coverage whose parcels are measured: each pixel weighs its share. */
  readonly shares?: PixelShares | undefined;
}

/** The array that holds pixels of each type. */
export interface PixelsOf {
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
 * @param measuring by default the STATISTICS, of pixels that weigh the same
 */
export function createZonalStatistics<T extends PixelType>(
  pixelType: T,
  excluded?: Iterable<number | undefined>,
  measuring?: Measuring,
): ZonalStatistics<PixelsOf[T]>;
export function createZonalStatistics(
  pixelType: PixelType,
  excluded: Iterable<number | undefined> = [],
  { isExtended = false, shares }: Measuring = {},
): ByteStatistics | WordStatistics | RealStatistics | WeighedWordStatistics | WeighedStatistics {
  const values = excludedValues(pixelType, excluded);
  if (isExtended || shares)
    return pixelType === 'uint16'
      ? new WeighedWordStatistics(values, isExtended, shares)
      : new WeighedStatistics(values, isExtended, shares);
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
