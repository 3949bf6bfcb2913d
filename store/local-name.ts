/** The name a downloaded object gets on disk. Keys come from outside: no part of one may choose the folder it lands in. */
import { shownAddress } from './address.js';

/**
 * The last part of the key with everything but letters, digits, `.`, `_` and `-` replaced, so that `Gamma0_VV.img` and
 * `Gamma0_VV.hdr` stay a pair. Keys of different folders may share a name: give each band a folder of its own.
 */
export function localName(key: string): string {
  const path = shownAddress(key);
  const last = path.slice(path.lastIndexOf('/') + 1);
  const name = last
    .replace(/[^A-Za-z0-9._-]/g, '_')
    .slice(-120)
    .replace(/^\.+/, '_');
  return name === '' ? 'object' : name;
}
