/** A STAC source by its address or preset: a STAC API, or a static catalogue. */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { StacDenied } from './errors.js';
import { fetchJson, type HttpOptions } from './http.js';
import type { Cursor, Page, Search } from './page.js';
import { searchPage } from './search.js';
import { staticPage } from './static-catalogue.js';

export interface Preset {
  readonly url: string;
  readonly collection: string;
}

/** Catalogues with Sentinel-2 L2A whose pixels are ESA's own digital numbers. */
export const PRESETS: Readonly<Record<string, Preset>> = {
  cdse: { url: 'https://stac.dataspace.copernicus.eu/v1/', collection: 'sentinel-2-l2a' },
  'earth-search': { url: 'https://earth-search.aws.element84.com/v1', collection: 'sentinel-2-c1-l2a' },
};

export interface StacSource {
  readonly kind: 'api' | 'static';
  /** One page of a search; `cursor` is the `next` of the page before, null for the first. */
  page(search: Search, cursor: Cursor | null, options?: HttpOptions): Promise<Page>;
}

/** Address and collection that a preset, URL or path stands for. */
export function sourceAddress(source: string): { url: string; collection: string | undefined } {
  const preset = PRESETS[source];
  if (preset) return preset;
  if (/^(https?|file):/i.test(source) && URL.canParse(source)) return { url: source, collection: undefined };
  if (/^[a-z]+:\/\//i.test(source) || (!source.includes('/') && !source.endsWith('.json'))) {
    const presets = Object.keys(PRESETS).join(', ');
    throw new StacDenied(
      `'${source}' is no STAC source; give ${presets}, a URL, or the path of a catalogue file`,
    );
  }
  return { url: pathToFileURL(resolve(source)).href, collection: undefined };
}

/**
 * Reads the root of a source and finds out what it is: an API says where its search is.
 * @throws StacDenied when it is neither, StacFailure when it does not answer now.
 */
export async function openSource(url: string, options: HttpOptions = {}): Promise<StacSource> {
  const root = (await fetchJson({ url }, options)) as { type?: unknown; links?: unknown };
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
  throw new StacDenied(`${url} is neither a STAC API nor a static catalogue`);
}

function searchAddress(links: unknown, url: string): string | undefined {
  if (!Array.isArray(links)) return undefined;
  const link = (links as { rel?: unknown; href?: unknown }[]).find(({ rel }) => rel === 'search');
  return typeof link?.href === 'string' && URL.canParse(link.href, url)
    ? new URL(link.href, url).href
    : undefined;
}
