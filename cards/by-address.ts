/**
 * Finds bands at the addresses of a STAC item's assets, `s3://…` and `https://…`. All bands of a scene are taken from one
 * kind of address, since the same band may mean other numbers elsewhere.
 */
import { shownAddress } from '../store/address.js';
import {
  AddressRefused,
  type ObjectInfo,
  type ObjectStore,
  StoreDenied,
  StoreFailure,
  StoreUntrusted,
} from '../store/object-store.js';
import type { BandAsset, ProductAssets } from './band-asset.js';

export interface FoundBand {
  readonly band: string;
  readonly object: ObjectInfo;
  readonly asset: BandAsset;
}

/** All bands, or why not: the band that is at fault and what was looked for. */
export type Found =
  | { readonly bands: readonly FoundBand[] }
  | {
      readonly missing: string;
      readonly reason: string;
      /** An address that could not be asked, or was refused: nobody knows what lies there. */
      readonly failure?: Unasked | undefined;
    };

/** Why nobody knows what lies there: no answer, one from nobody knows whom, or a refusal to say. */
type Unasked = StoreFailure | StoreUntrusted | AddressRefused;

const KINDS = ['href', 'https', 's3'] as const;

/**
 * Finds the bands at the addresses of the item; where not all are there, at the alternates it names.
 * @throws StoreFailure, StoreUntrusted where an address, not an alternate, can't be asked now.
 */
export async function findByAddress(
  reference: string,
  bands: readonly string[],
  { bands: assets }: ProductAssets,
  store: ObjectStore,
): Promise<Found> {
  const without = bands.find((band) => assets[band] === undefined);
  if (without !== undefined) {
    const there = Object.keys(assets).join(', ');
    return {
      missing: without,
      reason: `the STAC item of ${reference} has no ${without}, only ${there}`,
    };
  }
  const misses: { readonly band: string; readonly text: string }[] = [];
  let failure: Unasked | undefined;
  for (const kind of KINDS) {
    if (bands.some((band) => assets[band]?.[kind] === undefined)) continue;
    const found: FoundBand[] = [];
    for (const band of bands) {
      const asset = assets[band]!;
      const address = asset[kind]!;
      const seen = await look(address, store);
      if (seen instanceof Error) {
        // A refused address stays so until a sync brings another; what does not answer now may in a minute.
        if (kind === 'href' && !(seen instanceof AddressRefused)) throw seen;
        failure ??= seen;
      }
      if (typeof seen === 'string' || seen instanceof Error) {
        misses.push({ band, text: typeof seen === 'string' ? seen : seen.message });
        break;
      }
      found.push({ band, object: seen, asset });
    }
    if (found.length === bands.length) return { bands: found };
  }
  const [first] = misses;
  const reason = `${reference}, by its STAC item's addresses: ${misses.map(({ band, text }) => `${band}: ${text}`).join('; ')}`;
  return { missing: first?.band ?? bands[0] ?? '', reason, failure };
}

/** The object, why it can't be had, or why nobody knows now. */
async function look(address: string, store: ObjectStore): Promise<ObjectInfo | string | Unasked> {
  try {
    return (await store.head(address)) ?? `there is no ${shownAddress(address)}`;
  } catch (error) {
    if (error instanceof StoreDenied) return new AddressRefused(error.message);
    if (error instanceof StoreFailure || error instanceof StoreUntrusted || error instanceof AddressRefused)
      return error;
    throw error;
  }
}
