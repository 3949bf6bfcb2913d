/** Products as they lie in the store by day, for stores that no STAC source tells of, and where they lie on the ground. */
import type { ObjectStore } from '../store/object-store.js';
import { dayFolder } from './product-path.js';

export interface ProductFolder {
  /** The folder's own name: the product's. */
  readonly name: string;
  /** Its prefix, with the slash. */
  readonly prefix: string;
}

export interface Outline {
  /** Closed; in the CRS that `epsg` names, easting or longitude first. */
  readonly ring: readonly (readonly [number, number])[];
  readonly epsg: number;
  /** Per cent; null where the product doesn't say. */
  readonly cloudCover: number | null;
  /** When it was made, UTC, ISO 8601; null where the product doesn't say. */
  readonly generated: string | null;
}

/** How a CARD type's products are listed. */
export interface Listing {
  /** Prefixes of the folders above those of the days: `Sentinel-1/SAR/CARD-BS/`. */
  roots(store: ObjectStore, signal?: AbortSignal): Promise<readonly string[]>;
  /**
   * Where a product lies, read from the little of it that says so.
   * @throws ObjectMissing when the product has no such metadata; RasterError when they, or its header, can't be read.
   */
  outline(product: ProductFolder, store: ObjectStore, signal?: AbortSignal): Promise<Outline>;
}

/** @param day ISO 8601: `2024-03-04`. */
export async function* productFolders(
  listing: Listing,
  day: string,
  store: ObjectStore,
  signal?: AbortSignal,
): AsyncGenerator<ProductFolder, void> {
  for (const root of await listing.roots(store, signal)) {
    for await (const prefix of store.folders(`${root}${dayFolder(day)}/`, signal)) {
      const [name = ''] = prefix.split('/').slice(-2);
      yield { name, prefix };
    }
  }
}
