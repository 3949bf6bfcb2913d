/**
 * Notices a search that has no end. A source may answer A, B, A, B …, give the same page under ever new addresses, or ever
 * new pages without items; nobody else counts. The trail that is kept has one size however long the search is: one page is remembered,
 * and exchanged for a later one whenever the way since has doubled (Brent's way of finding a cycle).
 */
import { createHash } from 'node:crypto';
import { StacDenied } from './errors.js';
import { fieldsOf } from './json-values.js';
import { shown } from './http.js';
import type { Cursor, Trail } from './page.js';

type RequestCursor = Extract<Cursor, { kind: 'request' }>;

/** Pages without an item in a row: a source may sieve after it has cut its pages. */
export const MAX_EMPTY = 50;
/** A million items at the usual size of a page. */
const MAX_PAGES = 10_000;

/**
 * @param request what the page was asked by; its trail is of the pages before.
 * @param next what the page leads to.
 * @throws StacDenied where the search goes round in a circle, or nowhere.
 */
export function requireEnd(request: RequestCursor, features: readonly unknown[], next: RequestCursor): Trail {
  const where = shown(request.url);
  const before = request.trail;
  const page = (before?.pages ?? 0) + 1;
  const items = features.length === 0 ? '' : digest(features.map(nameOf));
  const empty = features.length === 0 ? (before?.empty ?? 0) + 1 : 0;
  if (empty > MAX_EMPTY)
    throw new StacDenied(
      `${where}: ${MAX_EMPTY} pages in a row have no items and lead on; the search has no end`,
    );
  if (page >= MAX_PAGES)
    throw new StacDenied(
      `${where}: more than ${MAX_PAGES} pages; search a smaller area, a shorter period or by larger pages`,
    );
  const asked = requestDigest(request);
  const following = requestDigest(next);
  const isRound =
    following === asked || following === before?.request || (items !== '' && items === before?.items);
  if (isRound)
    throw new StacDenied(
      `${where}: its next links lead in a circle, to a page that was read before (page ${page})`,
    );
  const isDue = before === undefined || page >= 2 * before.since;
  const kept = isDue ? { request: asked, items, since: page } : before;
  return { pages: page, empty, request: kept.request, items: kept.items, since: kept.since };
}

const requestDigest = ({ url, method, body }: RequestCursor): string => digest([url, method, body ?? null]);

/** What tells an item from others: its id, else all of it. */
function nameOf(item: unknown): unknown {
  const { id, collection } = fieldsOf(item);
  return typeof id === 'string' ? [textOf(collection), id] : textOf(item);
}

/** Of values as deep as nobody writes them there is no text; the page they stand on has other items. */
function textOf(value: unknown): string | null {
  try {
    return JSON.stringify(value ?? null);
  } catch {
    return null;
  }
}

function digest(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('base64url').slice(0, 16);
}
