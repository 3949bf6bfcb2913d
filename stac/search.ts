/**
 * Item search of a STAC API (stac-api-spec, "STAC API - Item Search"): POST, or GET where POST is not offered; further
 * pages by the `next` link until there is none.
 */
import { StacDenied, StacFailure } from './errors.js';
import { fieldsOf } from './json-values.js';
import { fetchJson, type HttpOptions, NotOffered, shown } from './http.js';
import { hrefOf, linksOf, requireFollowable } from './links.js';
import type { Cursor, Page, Search } from './page.js';
import { requireEnd } from './endless-search.js';

type RequestCursor = Extract<Cursor, { kind: 'request' }>;

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
function datetimeOf({ start, end }: Search['period']): string {
  return `${start}Z/${end}Z`;
}

function readPage(answer: unknown, request: RequestCursor): Page {
  const { features, links, numberMatched, context } = fieldsOf(answer);
  if (!Array.isArray(features)) {
    throw new StacDenied(`${shown(request.url)} is no search of a STAC API: its answer has no features`);
  }
  // The context extension came before `numberMatched`.
  const matched = [numberMatched, fieldsOf(context).matched].find((count) => isCount(count));
  const next = nextOf(links, request);
  return {
    items: (features as unknown[]).map((item) => ({ item, address: request.url })),
    matched: matched ?? null,
    next: next && { ...next, trail: requireEnd(request, features, next) },
  };
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** The request that the `next` link describes: `merge` adds its body to that of the request before. */
function nextOf(links: unknown, request: RequestCursor): RequestCursor | null {
  const [next] = linksOf(links, 'next');
  if (next === undefined) return null;
  const url = hrefOf(next, request.url);
  if (url === undefined) throw new StacFailure(`${shown(request.url)}: its next link has no address`);
  requireFollowable(url, request.url);
  const method = typeof next.method === 'string' && next.method.toUpperCase() === 'POST' ? 'POST' : 'GET';
  const given = next.body === undefined || next.body === null ? undefined : fieldsOf(next.body);
  const body = next.merge === true ? { ...request.body, ...given } : (given ?? request.body);
  const headers = headersOf(next.headers);
  const cursor: RequestCursor = {
    kind: 'request',
    url,
    method,
    ...(method === 'POST' && body && { body }),
    ...(headers && { headers }),
  };
  requireKeepable(cursor, request.url);
  return cursor;
}

/** A cursor is kept by the sync's workflow, whose server refuses what has megabytes; tokens have some hundred letters. */
const MAX_CURSOR = 64 << 10;

function requireKeepable(cursor: RequestCursor, url: string): void {
  let letters: number;
  try {
    letters = JSON.stringify(cursor).length;
  } catch {
    // Too deep to be written.
    letters = Infinity;
  }
  if (letters > MAX_CURSOR)
    throw new StacDenied(`${shown(url)}: its next link has more than ${MAX_CURSOR >> 10} KiB`);
}

/** Headers by which one request would pass for two, or for one to another host. */
const OURS =
  /^(host|connection|keep-alive|content-.*|transfer-encoding|te|trailer|upgrade|expect|accept-encoding|proxy-.*)$/i;

/** The headers that a link asks for, as far as they are any. */
function headersOf(headers: unknown): Record<string, string> | undefined {
  const fit = Object.entries(fieldsOf(headers)).filter(
    (entry): entry is [string, string] =>
      /^[\w!#$%&'*+.^`|~-]+$/.test(entry[0]) &&
      !OURS.test(entry[0]) &&
      typeof entry[1] === 'string' &&
      /^[\t\x20-\x7e]*$/.test(entry[1]),
  );
  return fit.length === 0 ? undefined : Object.fromEntries(fit);
}
