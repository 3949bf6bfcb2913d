/** Links of a static catalog, API or item: where they lead, as far as they may be followed. */
import { printable } from '../store/printable.js';
import { StacDenied } from './errors.js';
import { fieldsOf, listOf } from './json-values.js';

export interface Link {
  readonly rel?: unknown;
  readonly href?: unknown;
  readonly method?: unknown;
  readonly body?: unknown;
  readonly merge?: unknown;
  readonly headers?: unknown;
}

/** Those of one relation. */
export function linksOf(links: unknown, rel: string): Link[] {
  return listOf(links)
    .map((link) => fieldsOf(link) as Link)
    .filter((link) => link.rel === rel);
}

/** The absolute address of a link; undefined where it has none. */
export function hrefOf({ href }: Link, base: string): string | undefined {
  return typeof href === 'string' && URL.canParse(href, base) ? new URL(href, base).href : undefined;
}

/**
 * What comes from the net leads nowhere but to the net: not to files of this machine, nor by other schemes.
 * @throws StacDenied
 */
export function requireFollowable(address: string, base: string): void {
  const { protocol } = new URL(address);
  const isNet = protocol === 'http:' || protocol === 'https:';
  if (isNet || (protocol === 'file:' && base.startsWith('file:'))) return;
  throw new StacDenied(
    `${printable(base.replace(/[?#].*$/s, ''))} leads to ${protocol}, which is not followed`,
  );
}
