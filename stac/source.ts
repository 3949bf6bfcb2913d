/**
 * A STAC source by its address or preset: a STAC API, or a static catalog.
 *
 * Terms, all but the first of them STAC's. *Source*: where items are found. *Item*: what it says of one product. *Asset*: a
 * file of an item. *Collection*: items of one kind. *Catalog*: files that lead to each other by links; parcelwise's catalogue
 * is another thing. *Facts*: what is kept of an item.
 */
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { CardType } from '../cards/card.js';
import {
  insideFolders,
  type AllowedAddresses,
  readAllowedAddresses,
  requireHost,
} from '../store/allowed-addresses.js';
import { StacDenied } from './errors.js';
import { fieldsOf } from './json-values.js';
import { fetchJson, type HttpOptions, shown } from './http.js';
import { hrefOf, linksOf, requireFollowable } from './links.js';
import type { Cursor, Page, Search } from './page.js';
import { searchPage } from './search.js';
import { staticPage } from './static-stac.js';

/** Sources by the names that people know them by. */
const PRESETS: Readonly<Record<string, string>> = {
  cdse: 'https://stac.dataspace.copernicus.eu/v1/',
  'earth-search': 'https://earth-search.aws.element84.com/v1',
};

export interface StacSource {
  readonly kind: 'api' | 'static';
  /** One page of a search; `cursor` is the `next` of the page before, null for the first. */
  page(search: Search, cursor: Cursor | null, options?: HttpOptions): Promise<Page>;
}

/** The address that a preset, URL or path stands for. */
export function sourceAddress(source: string): string {
  const preset = Object.hasOwn(PRESETS, source) ? PRESETS[source] : undefined;
  if (preset !== undefined) return preset;
  if (/^(https?|file):/i.test(source) && URL.canParse(source)) {
    const url = new URL(source);
    if (url.username !== '' || url.password !== '')
      throw new StacDenied(`${shown(source)}: a STAC address must not carry a user name or password`);
    return url.protocol === 'file:' ? url.href : source;
  }
  if (/^[a-z]+:\/\//i.test(source) || (!source.includes('/') && !source.endsWith('.json'))) {
    const presets = Object.keys(PRESETS).join(', ');
    throw new StacDenied(
      `'${source}' is no STAC source; give ${presets}, a URL, or the path of a static catalog's file`,
    );
  }
  return pathToFileURL(resolve(source)).href;
}

/** The collection that is searched in a preset where none is asked for: of the first CARD type that has one there. */
export function collectionAt(source: string, cards: readonly CardType[]): string | undefined {
  return cards.map(({ items }) => items.collections?.[source]).find((collection) => collection !== undefined);
}

/**
 * Judges the address of a source before anything is asked of it.
 * @throws StacDenied where the operator does not let this file be read, or this host be asked.
 */
export async function requireSource(
  url: string,
  allowed: AllowedAddresses = readAllowedAddresses(process.env),
): Promise<void> {
  try {
    if (url.startsWith('file:')) await insideFolders(fileURLToPath(url), allowed);
    else requireHost(new URL(url), allowed);
  } catch (error) {
    throw new StacDenied(error instanceof Error ? error.message : String(error));
  }
}

/**
 * Reads the root of a source and finds out what it is: an API says where its search is.
 * @throws StacDenied when it is neither, StacFailure when it does not answer now.
 */
export async function openSource(url: string, options: HttpOptions = {}): Promise<StacSource> {
  const root = fieldsOf(await fetchJson({ url }, options));
  const search = searchAddress(root.links, url);
  if (search !== undefined) {
    return {
      kind: 'api',
      page: (wanted, cursor, more) =>
        searchPage(search, wanted, cursor?.kind === 'request' ? cursor : null, more ?? options),
    };
  }
  if (root.type === 'Catalog' || root.type === 'Collection') {
    return {
      kind: 'static',
      page: (wanted, cursor, more) =>
        staticPage(url, wanted, cursor?.kind === 'position' ? cursor.items : 0, more ?? options),
    };
  }
  throw new StacDenied(`${shown(url)} is neither a STAC API nor a static catalog`);
}

function searchAddress(links: unknown, url: string): string | undefined {
  const address = linksOf(links, 'search')
    .map((link) => hrefOf(link, url))
    .find((href) => href !== undefined);
  if (address !== undefined) requireFollowable(address, url);
  return address;
}
