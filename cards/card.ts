/**
 * A CARD type: how a product of the Copernicus Analysis Ready Data kind lies in the object store, and what to read of it.
 *
 * Glossary. *Scene*: one row of `dias_catalogue`, one product. *Band*: one layer of pixels of it, named as in the product
 * (`B04`, `SC`, `VV`). *Band name*: what stands in the results table (`char(3)`), by preset. *Status word*: what CbM's
 * tools read in `dias_catalogue.status`.
 */
import type { ObjectInfo, ObjectStore } from '../store/object-store.js';
import type { BandAsset, ProductAssets } from './band-asset.js';

/** As in `dias_catalogue.card`: two characters. Open, since the index decides which there are. */
export type CardCode = string;

/** Which names the results table gets: CbM's API's (`B04`, `VVb`, `VVc`) or those of CbM's extraction scripts (`B4`, `VV`). */
export type BandNames = 'api' | 'seed';

/** The numbers as the product stores them, or made comparable across processing baselines. */
export type RadiometryMode = 'raw' | 'harmonised';

/** What a CARD type needs to know of a scene to find its objects. */
export interface SceneKey {
  readonly reference: string;
  /** Start of sensing, UTC, ISO 8601 without zone: `2024-03-04T17:24:31`. */
  readonly obstime: string;
  /** The product's assets by a catalogue; without them the layout of keys says where it lies. */
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
  /** The catalogue's asset of the band, where its objects were found by that. */
  readonly asset?: BandAsset | undefined;
}

export interface CardType {
  readonly code: CardCode;
  /** Bands extracted when none are asked for. */
  readonly defaultBands: readonly string[];
  /** The band that is a map of classes, where there is one. */
  readonly classBand?: string;
  /**
   * The product's band for any accepted spelling (`B4`, `B04`, `SCL`, `SC`, `VV`, `VVb`).
   * @throws Error naming the bands there are, for an unknown one.
   */
  parseBand(name: string): string;
  /** The name of a band in the results table, three characters at most. */
  bandName(band: string, names: BandNames): string;
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
  /** How to make numbers of different products comparable; absent where the stored numbers are physical already. */
  readonly harmonise?: Harmonise;
}

export interface Harmonise {
  /** The object that tells the radiometry of located bands, where there is one. */
  locate(
    scene: SceneKey,
    sources: readonly BandSource[],
    store: ObjectStore,
  ): Promise<ObjectInfo | undefined>;
  /** Reads it; `metadata` is the object's text. */
  read(scene: SceneKey, sources: readonly BandSource[], metadata: string | undefined): Radiometry;
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
   * Where the offsets come from: `metadata`, the catalogue's `item`, the baseline in the product's `name`, or `pixels`,
   * since they are taken in there already. Where bands differ, several words.
   */
  readonly source: string;
  /** Offset to add to the stored numbers, by band; bands that are no reflectance have none. */
  readonly offsets: Readonly<Record<string, number>>;
  /** Brings other quantification values to the usual 10000 a unit of reflectance; of the same bands. */
  readonly scales: Readonly<Record<string, number>>;
  /** Sentences about what metadata, catalogue and name say differently, and which of them was believed. */
  readonly contradictions: readonly string[];
}
