/** Locates a scene at the addresses its catalogue tells, else by the layout of keys: what the CARD types share of that. */
import type { ObjectStore } from '../store/object-store.js';
import { type BandSource, SceneIncomplete, type SceneKey } from './card.js';
import { findTold, type Found, type FoundPlace, type Told } from './told.js';

/** How a CARD type finds its bands. */
export interface Ways {
  /** What of the product is needed, by the names of the places told: bands, or files of them. */
  readonly parts: readonly string[];
  /** The status word where a part is missing. */
  readonly statusOf: (part: string) => string;
  /** The bands, once all parts are found; in the order of `parts`. */
  readonly sources: (found: readonly FoundPlace[]) => BandSource[];
  readonly byLayout: () => Promise<BandSource[]>;
}

/**
 * Other stores keep copies of the same archive, so where there is nothing at an `s3://` address the layout is tried; what
 * a web server lacks is nowhere else.
 * @throws SceneIncomplete, AddressRefused, StoreFailure, StoreUntrusted
 */
export async function locateByCatalogue(
  { reference, told }: SceneKey,
  store: ObjectStore,
  { parts, statusOf, sources, byLayout }: Ways,
): Promise<BandSource[]> {
  if (told === undefined || Object.keys(told.places).length === 0) return await byLayout();
  const found = await findTold(reference, parts, told, store);
  if (!('missing' in found)) return sources(found.places);
  if (isOnWeb(told)) throw found.failure ?? new SceneIncomplete(statusOf(found.missing), found.reason);
  return await byLayout().catch((error: unknown) => {
    throw error instanceof SceneIncomplete ? (found.failure ?? nowhere(found, error)) : error;
  });
}

const isOnWeb = ({ places }: Told): boolean =>
  Object.values(places).every(({ href }) => /^https?:/i.test(href));

function nowhere({ reason }: Extract<Found, { missing: string }>, error: SceneIncomplete): SceneIncomplete {
  return new SceneIncomplete(error.status, `${error.message}; ${reason}`);
}
