/** Which coverages the bands of a scene are measured by: of raw rows, of histograms, of clear rows. */
import type { MeasuringRule } from '../database/terms.js';
import type { RasterGrid } from '../rasters/index.js';
import type { Wanted } from './build-coverages.js';

/** A band, as far as its coverages depend on it. */
export interface WantedBand {
  readonly grid: RasterGrid;
  /** A histogram of its classes is kept. */
  readonly histogram: boolean;
  /** It has clear rows. */
  readonly clear: boolean;
}

export interface WantedCoverages {
  /** One a band. */
  readonly raw: readonly Wanted[];
  /** Undefined for bands without a histogram, and where that counts the pixels of the row. */
  readonly histograms: readonly (Wanted | undefined)[];
  /** One a band; undefined where clear rows have the parcels of the raw ones, or there are none. */
  readonly clear: readonly Wanted[] | undefined;
}

/** Histograms count whole pixels, so that those of shares are of the pixels with their centre in the parcel. */
export function wantedCoverages(
  { pixels, innerBufferM, clear }: MeasuringRule,
  bands: readonly WantedBand[],
): WantedCoverages {
  const raw = bands.map(({ grid }) => ({ grid, pixels, innerBufferM }));
  const isOfShares = pixels === 'fraction';
  return {
    raw,
    histograms: bands.map(({ grid, histogram }) =>
      histogram && isOfShares ? { grid, pixels: 'centre', innerBufferM } : undefined,
    ),
    clear:
      clear === undefined || clear.innerBufferM === innerBufferM
        ? undefined
        : bands.map((band, i) =>
            band.clear ? { grid: band.grid, pixels, innerBufferM: clear.innerBufferM } : raw[i]!,
          ),
  };
}
