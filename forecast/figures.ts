/** What a forecast reckons with: what is downloaded, and what is stored. */
import type { RowWidths } from '../database/results/forecast-figures.js';

export interface Download {
  readonly bytes: number;
  readonly requests: number;
  /** It may be much less: what clouds cover is not fetched, or of parcels that they covered before nothing but their own tiles. */
  readonly isAtMost: boolean;
  /** Scenes whose product is not in the store or not all of it, by the status word they would get. */
  readonly incomplete: Readonly<Record<string, number>>;
}

export interface Rows {
  readonly results: number;
  readonly clear: number;
  readonly hists: number;
  /** On disk, without indexes. */
  readonly bytes: number;
  readonly width: RowWidths;
}
