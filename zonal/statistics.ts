/**
 * The statistics of a parcel in one band, as rasterstats gives them: 0, NaN and the excluded values are left out; the
 * standard deviation is the population's; percentiles lie between two pixels as numpy's "linear" method has it.
 */
import { ByteStatistics } from './byte-statistics.js';
import { excludedValues } from './exclusions.js';
import { RealStatistics } from './real-statistics.js';
import { WordStatistics } from './word-statistics.js';
import type { PixelType } from './pixels.js';
import type { ZonalStatistics } from './zonal-statistics.js';

/** The numbers of one parcel and band, in the order they are written; as many doubles as there are names. */
export const STATISTICS = ['count', 'mean', 'std', 'min', 'max', 'p25', 'p50', 'p75'] as const;

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
