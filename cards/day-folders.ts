/** Products of a day as they lie in the store: for stores that no catalogue tells of. Key layouts as in the CARD types' files. */
import type { ObjectStore } from '../store/object-store.js';
import { dayFolder } from './product-path.js';

export interface ProductFolder {
  /** The folder's own name: the product's. */
  readonly name: string;
  /** Its prefix, with the slash. */
  readonly prefix: string;
}

/** Copernicus Data Space keeps reprocessed Sentinel-2 products in folders by baseline beside `L2A`. */
const OPTICAL = 'Sentinel-2/MSI/';
const RADAR: Readonly<Record<string, string>> = {
  bs: 'Sentinel-1/SAR/CARD-BS/',
  c6: 'Sentinel-1/SAR/CARD-COH6/',
};

/** @param day ISO 8601: `2024-03-04`. */
export async function* productFolders(
  card: string,
  day: string,
  store: ObjectStore,
  signal?: AbortSignal,
): AsyncGenerator<ProductFolder, void> {
  for (const root of await rootsOf(card, store, signal)) {
    for await (const prefix of store.folders(`${root}${dayFolder(day)}/`, signal)) {
      const [name = ''] = prefix.split('/').slice(-2);
      yield { name, prefix };
    }
  }
}

async function rootsOf(card: string, store: ObjectStore, signal: AbortSignal | undefined): Promise<string[]> {
  const radar = RADAR[card];
  if (radar !== undefined) return [radar];
  const roots: string[] = [];
  for await (const folder of store.folders(OPTICAL, signal)) {
    if (/\/L2A(_N\d{4})?\/$/.test(folder)) roots.push(folder);
  }
  return roots;
}
