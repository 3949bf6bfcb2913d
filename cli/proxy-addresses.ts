/** Addresses of proxies, as an option names them. */
import { isIP } from 'node:net';
import { InvalidArgumentError } from 'commander';

/** Ranges that have a name: of this machine, of its link, of private networks. */
const NAMED = new Set(['loopback', 'linklocal', 'uniquelocal']);
/** Bits of an address, by its version. */
const BITS: Readonly<Record<number, number>> = { 4: 32, 6: 128 };

/** @returns the list as it was written. @throws InvalidArgumentError where a part of it is no address or range. */
export function proxyAddresses(list: string): string {
  for (const part of list.split(',').map((one) => one.trim()))
    if (!NAMED.has(part) && !isRange(part))
      throw new InvalidArgumentError(
        `"${part}" is no address. Write such as 127.0.0.1 or 10.0.0.0/8, commas between.`,
      );
  return list;
}

function isRange(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/');
  const version = isIP(address);
  if (version === 0 || more.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= BITS[version]! && Number(bits) > 0);
}
