/**
 * A CARD type: how a product of the Copernicus Analysis Ready Data kind lies in the object store, and what to read of it.
 *
 * Terms. *Scene*: one row of `dias_catalogue`, one product. *Band*: one layer of pixels of it, named as in the product
 * (`B04`, `SC`, `VV`). *Band name*: what stands in the results table (`char(3)`), by preset. *Status word*: what CbM's
 * tools read in `dias_catalogue.status`.
 */
import type { ObjectInfo, ObjectStore } from '../store/object-store.js';
import type { BandAsset, ProductAssets } from './band-asset.js';
import type { ItemRules } from './items.js';
import type { Listing } from './listing.js';
import type { OrbitRules } from './orbit.js';
import type { ProductName } from './product-name.js';
import type { CardIndices } from './spectral-index.js';

/** As in `dias_catalogue.card`: two characters. Open, since the index decides which there are. */
export type CardCode = string;

/** Which names the results table gets: CbM's API's (`B04`, `VVb`, `VVc`) or those of CbM's extraction scripts (`B4`, `VV`). */
export type BandNames = (typeof BAND_NAME_PRESETS)[number];
export const BAND_NAME_PRESETS = ['api', 'scripts'] as const;

/** The numbers as the product stores them, or made comparable across processing baselines. */
export type RadiometryMode = 'raw' | 'harmonised';

/** What a CARD type needs to know of a scene to find its objects. */
export interface SceneKey {
  readonly reference: string;
  /** Start of sensing, UTC, ISO 8601 without zone: `2024-03-04T17:24:31`. */
  readonly obstime: string;
  /** The product's assets by its STAC item; without them the layout of keys says where it lies. */
  readonly assets?: ProductAssets | undefined;
}

/** One band of a scene, ready to be staged. */
export interface BandSource {
  /** The band as the product calls it: `B04`, `SC`, `VV`. */
  readonly band: string;
  /** All objects the band needs; the first is the one a raster reader opens. */
  readonly objects: readonly ObjectInfo[];
  /** Band of the raster file, 1-based. */
  readonly rasterBand: number;
  /** True for a map of classes (SCL), of which a histogram is kept. */
  readonly classes: boolean;
  /** The STAC item's asset of the band, where its objects were found by that. */
  readonly asset?: BandAsset | undefined;
}

/** All that is of a type: another one is another value of this, and nothing else changes. */
export interface CardType {
  readonly code: CardCode;
  /** All bands there are, as the product calls them. */
  readonly bands: readonly string[];
  /** Bands extracted when none are asked for. */
  readonly defaultBands: readonly string[];
  /** The map of classes among the bands, where there is one. */
  readonly classMap?: ClassMap;
  /** Bytes of products that two cores read, decode and measure a second (bench/): what a forecast reckons with. */
  readonly bytesASecond: number;
  /**
   * The product's band for any accepted spelling (`B4`, `B04`, `SCL`, `SC`, `VV`, `VVb`).
   * @throws Error naming the bands there are, for an unknown one.
   */
  parseBand(name: string): string;
  /** The name of a band in the results table, three characters at most. */
  bandName(band: string, names: BandNames): string;
  /** What the name of one of its products says; undefined for a name of others. */
  parseName(name: string): ProductName | undefined;
  /** A tile as people write it, in the form that `parseName` gives; undefined for what is none. */
  readonly parseTile?: (text: string) => string | undefined;
  /** The tile's part of a product's name as a POSIX regular expression of one group; absent where names have no tile. */
  readonly tileInName?: string;
  /**
   * Finds the objects of the bands.
   * @throws SceneIncomplete with CbM's status word when the product or one of its objects is missing.
   */
  locate(
    scene: SceneKey,
    bands: readonly string[],
    names: BandNames,
    store: ObjectStore,
  ): Promise<BandSource[]>;
  /** Where products lie by day, for stores that no STAC source tells of. */
  readonly listing: Listing;
  /** How STAC sources speak of its products. */
  readonly items: ItemRules;
  /** On which orbits its scenes are taken; absent where nobody asks. */
  readonly orbit?: OrbitRules;
  /** Its bands are on a linear scale, and people read them in decibels. */
  readonly decibels?: boolean;
  /** What can be reckoned of its bands, pixel by pixel; absent where none of them measures anything. */
  readonly indices?: CardIndices;
  /** How to make numbers of different products comparable; absent where the stored numbers are physical already. */
  readonly radiometry?: RadiometryRules;
}

/** A band whose pixels are classes, of which a histogram is kept for every parcel. */
export interface ClassMap {
  readonly band: string;
  /** The classes that make a parcel cloudy for CbM. */
  readonly cloudy: readonly number[];
  /** Those whose pixels are not clear, where nothing else is asked for. */
  readonly unclear: readonly number[];
}

export interface RadiometryRules {
  /** The number of a saturated pixel, of which no sum can be made. */
  readonly saturated: number;
  /** The object that tells the radiometry of located bands, where there is one. */
  locate(
    scene: SceneKey,
    sources: readonly BandSource[],
    store: ObjectStore,
  ): Promise<ObjectInfo | undefined>;
  /** Reads it; `metadata` is the object's text. */
  read(scene: SceneKey, sources: readonly BandSource[], metadata: string | undefined): Radiometry;
  /** Where numbers as stored changed their meaning with a processing baseline. */
  readonly baselineOffset?: BaselineOffset;
}

/** Stored numbers of products since a baseline have an offset that those before have not. */
export interface BaselineOffset {
  /** The baseline's four digits in a product's name, as a POSIX regular expression of one group. */
  readonly inName: string;
  /** The first with the offset: `04.00`. */
  readonly since: string;
  /** The baseline of products of which nobody knows. */
  readonly unknown: string;
  /** What is added to stored numbers to undo it. */
  readonly offset: number;
}

/** The product is not there, or not all of it: `status` is the word for the catalogue, the message says which key was looked for. */
export class SceneIncomplete extends Error {
  override readonly name = 'SceneIncomplete';
  constructor(
    readonly status: string,
    reason: string,
  ) {
    super(reason);
  }
}

/** What makes a product's numbers those of another: `harmonised = (DN + offset) * scale`. */
export interface Radiometry {
  /** Processing baseline, `05.09`, or `unknown`. */
  readonly baseline: string;
  /**
   * Where the offsets come from: `metadata`, the STAC `item`, the baseline in the product's `name`, or `pixels`,
   * since they are taken in there already. Where bands differ, several words.
   */
  readonly source: string;
  /** Offset to add to the stored numbers, by band; bands that are no reflectance have none. */
  readonly offsets: Readonly<Record<string, number>>;
  /** Brings other quantification values to the usual 10000 a unit of reflectance; of the same bands. */
  readonly scales: Readonly<Record<string, number>>;
  /** Sentences about what metadata, STAC item and name say differently, and which of them was believed. */
  readonly contradictions: readonly string[];
}
