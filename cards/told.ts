/**
 * Bands that a catalogue tells the addresses of: `s3://…` and `https://…` of its items, with what the items say of the
 * numbers. All bands of a scene are taken from one kind of place, since the same band may mean other numbers elsewhere.
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

/** Where a band's pixels lie by a catalogue, and what its numbers mean. */
export interface ToldPlace {
  readonly href: string;
  /** The same file elsewhere. */
  readonly https?: string;
  readonly s3?: string;
  /** value = DN * scale + offset. */
  readonly scale?: number;
  readonly offset?: number;
  /** The number of pixels without data, besides 0; infinite ones as STAC writes them, since JSON has none. */
  readonly noData?: number | 'inf' | '-inf';
  /** Which band of the file it is, 1-based, where the file has several. */
  readonly rasterBand?: number;
  /** True where the file's pixels have BOA_ADD_OFFSET taken in already. */
  readonly offsetApplied?: boolean;
}

/** What a catalogue tells of a scene's product. */
export interface Told {
  /** By the product's names of bands: `B04`, `SC`. */
  readonly places: Readonly<Record<string, ToldPlace>>;
  /** The processing baseline by the catalogue, `05.10`; null where it doesn't say. */
  readonly baseline?: string | null | undefined;
}

export interface FoundPlace {
  readonly band: string;
  readonly object: ObjectInfo;
  readonly told: ToldPlace;
}

/** All bands, or why not: the band that is at fault and what was looked for. */
export type Found =
  | { readonly places: readonly FoundPlace[] }
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
 * Finds the bands at the addresses of the catalogue; where not all are there, at the alternates it names.
 * @throws StoreFailure, StoreUntrusted where an address, not an alternate, can't be asked now.
 */
export async function findTold(
  reference: string,
  bands: readonly string[],
  { places }: Told,
  store: ObjectStore,
): Promise<Found> {
  const without = bands.find((band) => places[band] === undefined);
  if (without !== undefined) {
    const there = Object.keys(places).join(', ');
    return {
      missing: without,
      reason: `the catalogue's item of ${reference} has no ${without}, only ${there}`,
    };
  }
  const misses: { readonly band: string; readonly text: string }[] = [];
  let failure: Unasked | undefined;
  for (const kind of KINDS) {
    if (bands.some((band) => places[band]?.[kind] === undefined)) continue;
    const found: FoundPlace[] = [];
    for (const band of bands) {
      const told = places[band]!;
      const address = told[kind]!;
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
      found.push({ band, object: seen, told });
    }
    if (found.length === bands.length) return { places: found };
  }
  const [first] = misses;
  const reason = `${reference}, by its catalogue's addresses: ${misses.map(({ band, text }) => `${band}: ${text}`).join('; ')}`;
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
