/**
 * Which hosts and folders may be asked where an address comes from somebody else: a campaign's input, a STAC source, a
 * redirect. The store's own endpoint is the operator's word and is not judged here.
 */
import { lookup as systemLookup, type LookupAddress, type LookupOptions } from 'node:dns';
import { realpath } from 'node:fs/promises';
import { BlockList, isIP } from 'node:net';
import { delimiter, resolve, sep } from 'node:path';

export interface AllowedAddresses {
  /** Host names that may be asked, `*.example.org` for all below one; undefined: every host but those never asked. */
  readonly hosts?: readonly string[] | undefined;
  /** Folders below which STAC catalogs may be read as files; none without this setting. */
  readonly folders: readonly string[];
}

/** An address that must not be asked, by our rules or the operator's; asking again won't help. */
export class AddressNotAllowed extends Error {
  override readonly name = 'AddressNotAllowed';
}

/** Reads PARCELWISE_HOSTS (names with commas) and PARCELWISE_STAC_FOLDER (folders, separated as in PATH). */
export function readAllowedAddresses(env: Readonly<Record<string, string | undefined>>): AllowedAddresses {
  const hosts = words(env.PARCELWISE_HOSTS, /[\s,]+/).map((host) => host.toLowerCase());
  const folders = words(env.PARCELWISE_STAC_FOLDER, delimiter).map((folder) => resolve(folder));
  return { folders, ...(hosts.length > 0 && { hosts }) };
}

function words(text: string | undefined, separator: string | RegExp): string[] {
  return (text ?? '')
    .split(separator)
    .map((word) => word.trim())
    .filter((word) => word !== '');
}

/**
 * Link-local addresses and those that clouds serve machine credentials at, which nobody publishes scenes from. IPv4 ones
 * also as IPv6 writes them: compatible (::/96), NAT64 (64:ff9b::/96) and 6to4 (2002::/16); mapped ones Node knows itself.
 */
const NEVER = new BlockList();
NEVER.addSubnet('169.254.0.0', 16, 'ipv4');
NEVER.addSubnet('::a9fe:0', 112, 'ipv6');
NEVER.addSubnet('64:ff9b::a9fe:0', 112, 'ipv6');
NEVER.addSubnet('2002:a9fe::', 32, 'ipv6');
NEVER.addSubnet('fe80::', 10, 'ipv6');
// Metadata services outside the link-local ranges: all of AWS's own by IPv6 (the credentials of EKS's pods too), Google's and
// Scaleway's by IPv6, Alibaba, Oracle, Azure.
NEVER.addSubnet('fd00:ec2::', 32, 'ipv6');
for (const address of ['fd20:ce::254', 'fd00:42::42']) NEVER.addAddress(address, 'ipv6');
for (const address of ['100.100.100.200', '192.0.0.192', '168.63.129.16']) NEVER.addAddress(address, 'ipv4');

/** Whether an IP address is never asked, whoever names it. */
export function isNeverAsked(address: string): boolean {
  const plain = address.replace(/^\[|\]$/g, '').replace(/%.*$/, '');
  const family = isIP(plain);
  return family !== 0 && NEVER.check(plain, family === 4 ? 'ipv4' : 'ipv6');
}

/**
 * Judges the host of an address by its name; where the name leads is judged when it is connected to.
 * @throws AddressNotAllowed
 */
export function requireHost({ hostname }: URL, { hosts }: AllowedAddresses): void {
  if (isNeverAsked(hostname)) throw new AddressNotAllowed(neverAsked(hostname));
  const name = hostname.toLowerCase().replace(/\.$/, '');
  const listed = (one: string): boolean =>
    one.startsWith('*.') ? name.endsWith(one.slice(1)) : name === one;
  if (hosts !== undefined && !hosts.some(listed))
    throw new AddressNotAllowed(
      `the host ${hostname} is not among those that may be asked; the operator lists them in PARCELWISE_HOSTS`,
    );
}

const neverAsked = (host: string): string =>
  `the host ${host} is a link-local address or a metadata service, which is never asked`;

type Found = (
  error: NodeJS.ErrnoException | null,
  address: string | LookupAddress[],
  family?: number,
) => void;

/** Node's look-up of names, for `http.request`: a name that leads to an address that is never asked is refused. */
export function guardedLookup(hostname: string, options: LookupOptions, found: Found): void {
  systemLookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error !== null) found(error, []);
    else if (addresses.some(({ address }) => isNeverAsked(address)))
      found(new AddressNotAllowed(neverAsked(hostname)), []);
    else if (options.all === true) found(null, addresses);
    else found(null, addresses[0]!.address, addresses[0]!.family);
  });
}

/**
 * The path of a file below one of the folders, links resolved. Files elsewhere get the same answer whether they exist or not.
 * @throws AddressNotAllowed
 */
export async function insideFolders(path: string, { folders }: AllowedAddresses): Promise<string> {
  const wanted = resolve(path);
  const real = await Promise.all(folders.map((folder) => realpath(folder).catch(() => folder)));
  const isInside = (file: string, roots: readonly string[]): boolean =>
    roots.some((root) => file.startsWith(root.endsWith(sep) ? root : root + sep));
  if (isInside(wanted, [...folders, ...real])) {
    const found = await realpath(wanted).catch(() => undefined);
    // What is not there is told by whoever reads it.
    if (found === undefined) return wanted;
    if (isInside(found, real)) return found;
  }
  throw new AddressNotAllowed(
    folders.length === 0
      ? `${wanted}: STAC catalogs are read as files only below the folder that PARCELWISE_STAC_FOLDER names on the worker's machine, and it names none`
      : `${wanted} is not below ${folders.join(', ')}; STAC catalogs are read as files only below the folders that PARCELWISE_STAC_FOLDER names on the worker's machine`,
  );
}
