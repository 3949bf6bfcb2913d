/** Addresses of objects, as STAC items write them: `s3://bucket/key` and `https://host/path`, beside plain keys. */
import { StoreDenied } from './object-store.js';

export type Address =
  /** A key of the configured bucket. */
  | { readonly kind: 'key'; readonly key: string }
  | { readonly kind: 's3'; readonly bucket: string; readonly key: string }
  | { readonly kind: 'web'; readonly url: URL };

const SCHEME = /^([a-z][a-z0-9+.-]*):\/\//i;
/** Names that S3 and its kin allow, so that none can be taken for a path. */
const BUCKET = /^[A-Za-z0-9][A-Za-z0-9._-]{1,62}$/;

/** @throws StoreDenied for an address of another kind, or one that carries a user name or password. */
export function parseAddress(text: string): Address {
  const scheme = SCHEME.exec(text)?.[1]?.toLowerCase();
  switch (scheme) {
    case undefined:
      return { kind: 'key', key: text };
    case 's3': {
      const [, bucket = '', key = ''] = /^[^:]*:\/\/([^/]*)\/(.*)$/s.exec(text) ?? [];
      if (!BUCKET.test(bucket) || key === '') throw new StoreDenied(`${text} names no bucket and key`);
      return { kind: 's3', bucket, key };
    }
    case 'http':
    case 'https':
      return { kind: 'web', url: webUrl(text) };
    default:
      throw new StoreDenied(
        `${shownAddress(text)}: objects can't be read by ${scheme}:, only by s3:, https: and http:`,
      );
  }
}

function webUrl(text: string): URL {
  if (!URL.canParse(text)) throw new StoreDenied(`${shownAddress(text)} is not a URL`);
  const url = new URL(text);
  if (url.username !== '' || url.password !== '')
    throw new StoreDenied(
      `${shownAddress(text)}: addresses with a user name or password in them are not used`,
    );
  url.hash = '';
  return url;
}

/** An address as it may be shown: without user, password and query, where tokens stand. Keys and `s3://` have none. */
export function shownAddress(text: string): string {
  const scheme = SCHEME.exec(text);
  if (scheme === null || /^s3$/i.test(scheme[1]!)) return text;
  return text.replace(/[?#].*$/s, '').replace(/^([^:]*:\/\/)[^/]*@/, '$1');
}
