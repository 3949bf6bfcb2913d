/** Locates a scene at the addresses of its STAC item's assets, else by the layout of keys: what the CARD types share of that. */
import type { ObjectStore } from '../store/object-store.js';
import { type BandSource, SceneIncomplete, type SceneKey } from './card.js';
import type { ProductAssets } from './band-asset.js';
import { findByAddress, type Found, type FoundBand } from './by-address.js';

/** How a CARD type finds its bands. */
export interface Ways {
  /** What of the product is needed, by the names of the assets: bands, or files of them. */
  readonly parts: readonly string[];
  /** The status word where a part is missing. */
  readonly statusOf: (part: string) => string;
  /** The bands, once all parts are found; in the order of `parts`. */
  readonly sources: (found: readonly FoundBand[]) => BandSource[];
  readonly byLayout: () => Promise<BandSource[]>;
}

/**
 * Other stores keep copies of the same archive, so where there is nothing at an `s3://` address the layout is tried; what
 * a web server lacks is nowhere else.
 * @throws SceneIncomplete, AddressRefused, StoreFailure, StoreUntrusted
 */
export async function locateByAssets(
  { reference, assets }: SceneKey,
  store: ObjectStore,
  { parts, statusOf, sources, byLayout }: Ways,
): Promise<BandSource[]> {
  if (assets === undefined || Object.keys(assets.bands).length === 0) return await byLayout();
  const found = await findByAddress(reference, parts, assets, store);
  if (!('missing' in found)) return sources(found.bands);
  if (isOnWeb(assets)) throw found.failure ?? new SceneIncomplete(statusOf(found.missing), found.reason);
  return await byLayout().catch((error: unknown) => {
    throw error instanceof SceneIncomplete ? (found.failure ?? nowhere(found, error)) : error;
  });
}

const isOnWeb = ({ bands }: ProductAssets): boolean =>
  Object.values(bands).every(({ href }) => /^https?:/i.test(href));

function nowhere({ reason }: Extract<Found, { missing: string }>, error: SceneIncomplete): SceneIncomplete {
  return new SceneIncomplete(error.status, `${error.message}; ${reason}`);
}
