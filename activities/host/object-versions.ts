/** Which version of each object a scene was read from, as it is kept with the extraction. */
import { shownAddress } from '../../store/address.js';
import type { ObjectInfo } from '../../store/object-store.js';

/**
 * Objects by key or address, and of each its bytes by ETag (an empty one where the store tells none): of a scene that is
 * extracted in several goes, what each of them has read stands side by side.
 */
export type ObjectVersions = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** Without user, password and query of an address, where tokens stand. */
export function objectVersions(objects: readonly ObjectInfo[]): ObjectVersions {
  return Object.fromEntries(
    objects.map(({ key, etag = '', bytes }) => [shownAddress(key), { [etag]: bytes }]),
  );
}
