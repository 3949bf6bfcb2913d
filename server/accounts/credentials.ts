/** What an Authorization header holds. */
import { isUtf8 } from 'node:buffer';

export type Credentials =
  | { readonly kind: 'basic'; readonly name: string; readonly password: string }
  | { readonly kind: 'bearer'; readonly token: string };

/** Undefined where there are none, or none of these two kinds. */
export function credentialsOf(header: string | undefined): Credentials | undefined {
  const [, scheme, value] = /^(basic|bearer) +([\w+/=.~-]+) *$/i.exec(header ?? '') ?? [];
  if (scheme === undefined || value === undefined) return undefined;
  if (scheme.toLowerCase() === 'bearer') return { kind: 'bearer', token: value };
  const text = textOf(Buffer.from(value, 'base64'));
  const colon = text.indexOf(':');
  return colon < 0
    ? undefined
    : { kind: 'basic', name: text.slice(0, colon), password: text.slice(colon + 1) };
}

/** Browsers write UTF-8, Python's requests Latin-1, which is hardly ever UTF-8 as well. */
function textOf(bytes: Buffer): string {
  return isUtf8(bytes) ? bytes.toString('utf8') : bytes.toString('latin1');
}
