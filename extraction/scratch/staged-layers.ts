/** What is measured of a staged scene: bands, indices made of them, and which of them have clear rows. */
import type { Calibration, Program } from '../../layers/index.js';
import type { ClearRule } from '../../database/terms.js';

export interface StagedBand {
  /** The band as the product calls it, and its name in the results table. */
  readonly band: string;
  readonly name: string;
  /** The raster's file name in the folder. */
  readonly file: string;
  /** Band of that file, 1-based. */
  readonly rasterBand: number;
  /** A map of classes, of which a histogram is kept. */
  readonly classes: boolean;
  /** The number of pixels without data by the STAC item, beside the one that the raster itself declares. */
  readonly noData?: number | 'inf' | '-inf' | undefined;
  /** It is read for other layers or for clear rows, and has no rows of its own. */
  readonly isOnlyRead?: true | undefined;
  /** How its numbers become physical ones; set where an index is made of it. */
  readonly calibration?: Calibration | undefined;
  /** The number that stands for a saturated pixel, of bands that have a calibration, where there is one. */
  readonly saturated?: number | undefined;
  /** Set where numbers are harmonised: statistics are those of (number + offset) * scale. */
  readonly harmonised?: Harmonised | undefined;
}

export interface Harmonised {
  readonly offset: number;
  readonly scale: number;
  /** The number that stands for a saturated pixel, which is no measurement. */
  readonly saturated: number;
}

export interface StagedIndex {
  /** In the results table. */
  readonly name: string;
  /** Of staged bands, as the product calls them. */
  readonly program: Program;
  /** It has clear rows only. */
  readonly isOnlyClear?: true | undefined;
}

/** What clear rows are made of, and by which rule. */
export interface StagedClear {
  /** The bands that have them, by their names in the results table. */
  readonly bands: readonly string[];
  readonly rule: ClearRule;
}

/** How much of a scene was brought, where that is not all. */
export interface StagedParts {
  /** Bytes of all objects in the store. */
  readonly ofBytes: number;
  /** Blocks (JPEG 2000 tiles, GeoTIFF tiles or strips, rows) with pixels of parcels, of those there are. */
  readonly blocks: number;
  readonly ofBlocks: number;
}
