/** How STAC sources speak of a CARD type's products: fields of items, collections, and which asset is which band. */
import type { BandAsset } from './band-asset.js';

type Fields = Readonly<Record<string, unknown>>;

export interface ItemRules {
  /** The collection with the products, by the preset of a source (stac/source.ts): taken where none is asked for. */
  readonly collections?: Readonly<Record<string, string>>;
  /** Properties in which the product's name stands; `title` and the item's id are looked at for every type. */
  readonly names?: readonly string[];
  /** Properties that tell the processing baseline. */
  readonly baselines?: readonly string[];
  /** Properties that tell when the product was made; `processing:datetime` is looked at for every type. */
  readonly generated?: readonly string[];
  readonly assets: AssetNames;
  /** For reflectances that some sources offer with their offset taken in. */
  readonly offset?: OffsetFacts;
}

/** Words are compared without regard to case. */
export interface AssetNames {
  /** Bands by the last word of a file's name: `B04` of `…_B04_10m.jp2`. Assets may be called so, too. In upper case. */
  readonly files: Readonly<Record<string, string>>;
  /** Bands by what else assets are called: `red`. In lower case. */
  readonly common?: Readonly<Record<string, string>>;
  /** Native pixel size of bands that sources offer in several sizes, metres: its file is taken. */
  readonly metres?: Readonly<Record<string, number>>;
  /**
   * For products that may have several bands in one file: those of a file whose item names none, in the file's order.
   * Where the item does name them, `files` says which is which.
   */
  readonly bandsOfFile?: (path: string) => readonly string[];
}

/** Whether BOA_ADD_OFFSET is taken into pixels already. */
export interface OffsetFacts {
  /** What an item's properties say; undefined for nothing. */
  ofItem(properties: Fields): boolean | undefined;
  /** The fact of one asset: its own word, else its item's. */
  ofAsset(itemSays: boolean | undefined, key: string, asset: Fields): Pick<BandAsset, 'offsetApplied'>;
  /** The assets of an item as they were kept, each with the fact: where one has none of its own, by its item's. */
  complete(
    bands: Readonly<Record<string, BandAsset>>,
    itemSays: boolean | null,
  ): Readonly<Record<string, BandAsset>>;
  /** Whether a band has such an offset at all. */
  isReflectance(band: string): boolean;
}
