/**
 * A static STAC catalogue, files or http: catalogues and collections lead by `child` links to `item` links. Nothing
 * searches there, so every item is read, and those out of the search are left out.
 */
import { StacDenied } from './errors.js';
import { footprintOf, type Footprint } from './footprint.js';
import { fetchJson, type HttpOptions, shown } from './http.js';
import type { FoundItem, Page, Search } from './page.js';
import type { StacItem } from './scene-facts.js';

interface Node {
  readonly type?: unknown;
  readonly id?: unknown;
  readonly links?: unknown;
}

/** One page, from the item at `position` of the catalogue's own order. */
export async function staticPage(
  root: string,
  search: Search,
  position: number,
  options: HttpOptions,
): Promise<Page> {
  const items: FoundItem[] = [];
  let place = 0;
  for await (const address of itemAddresses(root, search, options)) {
    if (place++ < position) continue;
    const item = (await fetchJson({ url: address }, options)) as StacItem;
    if (isWanted(item, search)) items.push({ item, address });
    if (place - position >= search.limit)
      return { items, matched: null, next: { kind: 'position', items: place } };
  }
  return { items, matched: null, next: null };
}

/** Depth first, in the order of the links; a node that is met again is not entered again. */
async function* itemAddresses(
  root: string,
  { collections }: Search,
  options: HttpOptions,
): AsyncGenerator<string, void> {
  const stack = [root];
  const seen = new Set<string>();
  for (let address = stack.pop(); address !== undefined; address = stack.pop()) {
    if (seen.has(address)) continue;
    seen.add(address);
    const node = (await fetchJson({ url: address }, options)) as Node;
    if (node.type === 'Feature') {
      yield address;
      continue;
    }
    if (node.type !== 'Catalog' && node.type !== 'Collection')
      throw new StacDenied(`${shown(address)} is no STAC catalogue, collection or item`);
    if (node.type === 'Collection' && collections.length > 0 && !collections.includes(String(node.id)))
      continue;
    for (const item of linksOf(node, address, 'item')) {
      if (!seen.has(item)) yield item;
      seen.add(item);
    }
    stack.push(...linksOf(node, address, 'child').reverse());
  }
}

function linksOf({ links }: Node, address: string, rel: string): string[] {
  if (!Array.isArray(links)) return [];
  return (links as { rel?: unknown; href?: unknown }[]).flatMap((link) =>
    link.rel === rel && typeof link.href === 'string' && URL.canParse(link.href, address)
      ? [new URL(link.href, address).href]
      : [],
  );
}

/** As an API would choose: by collection, box and time. An item without geometry is left for its refusal to be told. */
function isWanted(item: StacItem, { collections, bbox, period }: Search): boolean {
  if (collections.length > 0 && typeof item.collection === 'string' && !collections.includes(item.collection))
    return false;
  const { start_datetime: start, datetime = start } = item.properties ?? {};
  const time = typeof datetime === 'string' ? Date.parse(datetime) : NaN;
  if (time < Date.parse(`${period.start}Z`) || time > Date.parse(`${period.end}Z`)) return false;
  const footprint = footprintOf(item.geometry);
  return footprint === undefined || footprint.some((part) => meets(part, bbox));
}

function meets([outer]: Footprint[number], [west, south, east, north]: Search['bbox']): boolean {
  const x = outer!.map(([longitude]) => longitude);
  const y = outer!.map(([, latitude]) => latitude);
  return (
    Math.min(...x) <= east && Math.max(...x) >= west && Math.min(...y) <= north && Math.max(...y) >= south
  );
}
