/**
 * Item search of a STAC API (stac-api-spec, "STAC API - Item Search"): POST, or GET where POST is not offered; further
 * pages by the `next` link until there is none.
 */
import { StacDenied, StacFailure } from './errors.js';
import { fetchJson, type HttpOptions, NotOffered, shown } from './http.js';
import type { Cursor, Page, Search } from './page.js';
import type { StacItem } from './scene-facts.js';

type RequestCursor = Extract<Cursor, { kind: 'request' }>;

interface Link {
  readonly rel?: unknown;
  readonly href?: unknown;
  readonly method?: unknown;
  readonly body?: unknown;
  readonly merge?: unknown;
  readonly headers?: unknown;
}

interface ItemCollection {
  readonly features?: unknown;
  readonly links?: unknown;
  readonly numberMatched?: unknown;
  /** Of the context extension, which came before `numberMatched`. */
  readonly context?: { readonly matched?: unknown } | null;
}

/**
 * One page.
 * @param url the API's search address.
 * @throws StacDenied, StacFailure
 */
export async function searchPage(
  url: string,
  search: Search,
  cursor: RequestCursor | null,
  options: HttpOptions,
): Promise<Page> {
  if (cursor) return readPage(await fetchJson(cursor, options), cursor);
  const post: RequestCursor = { kind: 'request', url, method: 'POST', body: searchBody(search) };
  try {
    return readPage(await fetchJson(post, options), post);
  } catch (error) {
    if (!(error instanceof NotOffered)) throw error;
    const get: RequestCursor = { kind: 'request', url: `${url}?${queryOf(search)}`, method: 'GET' };
    return readPage(await fetchJson(get, options), get);
  }
}

function searchBody({ collections, bbox, period, limit }: Search): Record<string, unknown> {
  return {
    ...(collections.length > 0 && { collections }),
    bbox,
    datetime: datetimeOf(period),
    limit,
  };
}

function queryOf({ collections, bbox, period, limit }: Search): string {
  const query = new URLSearchParams({
    ...(collections.length > 0 && { collections: collections.join(',') }),
    bbox: bbox.join(','),
    datetime: datetimeOf(period),
    limit: String(limit),
  });
  return query.toString();
}

/** A closed interval in RFC 3339. */
export function datetimeOf({ start, end }: Search['period']): string {
  return `${start}Z/${end}Z`;
}

function readPage(answer: unknown, request: RequestCursor): Page {
  const { features, links, numberMatched, context } = (answer ?? {}) as ItemCollection;
  if (!Array.isArray(features)) {
    throw new StacDenied(`${shown(request.url)} is no search of a STAC API: its answer has no features`);
  }
  const matched = [numberMatched, context?.matched].find((count) => typeof count === 'number');
  return {
    items: (features as StacItem[]).map((item) => ({ item, address: request.url })),
    matched: matched ?? null,
    next: nextOf(links, request),
  };
}

/** The request that the `next` link describes: `merge` adds its body to that of the request before. */
function nextOf(links: unknown, request: RequestCursor): RequestCursor | null {
  const next = Array.isArray(links) ? (links as Link[]).find(({ rel }) => rel === 'next') : undefined;
  if (next === undefined) return null;
  if (typeof next.href !== 'string' || !URL.canParse(next.href, request.url))
    throw new StacFailure(`${shown(request.url)}: its next link has no address`);
  const url = new URL(next.href, request.url);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new StacDenied(`${shown(request.url)}: its next link leads to ${url.protocol}`);
  const method = typeof next.method === 'string' && next.method.toUpperCase() === 'POST' ? 'POST' : 'GET';
  const given = next.body as Readonly<Record<string, unknown>> | undefined;
  const body = next.merge === true ? { ...request.body, ...given } : (given ?? request.body);
  const cursor: RequestCursor = {
    kind: 'request',
    url: url.href,
    method,
    ...(method === 'POST' && body && { body }),
    ...(isTexts(next.headers) && { headers: next.headers }),
  };
  if (JSON.stringify({ ...cursor, headers: 0 }) === JSON.stringify({ ...request, headers: 0 }))
    throw new StacFailure(`${shown(request.url)}: its next link leads to the same page again`);
  return cursor;
}

function isTexts(headers: unknown): headers is Record<string, string> {
  return (
    typeof headers === 'object' &&
    headers !== null &&
    Object.values(headers).every((value) => typeof value === 'string')
  );
}
