/**
 * A static STAC catalog (STAC's word, spelt as STAC does), files or http: catalogs and collections lead by `child` links to `item` links. Nothing
 * searches there, so every item is read, and those out of the search are left out.
 */
import { StacDenied } from './errors.js';
import { boundsOf, footprintOf, type Footprint } from './footprint.js';
import { fieldsOf, textOf } from './json-values.js';
import { fetchJson, type HttpOptions, shown } from './http.js';
import { NotJson } from './json-file.js';
import { hrefOf, linksOf, requireFollowable } from './links.js';
import type { FoundItem, Page, Search } from './page.js';

/** Catalogs and collections below each other, and of all together: a server may make up ever new ones. */
export const MAX_DEPTH = 30;
export const MAX_NODES = 10_000;
/** Items of one source. */
const MAX_ITEMS = 1_000_000;

/** One page, from the item at `position` of the catalog's own order. */
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
    const found = await readItem(address, root, options);
    if (found.refused !== undefined || isWanted(found.item, search)) items.push(found);
    if (place - position >= search.limit)
      return { items, matched: null, next: { kind: 'position', items: place } };
  }
  return { items, matched: null, next: null };
}

/** An item that leads out of the net, or whose file is no JSON, is left out by itself. */
async function readItem(address: string, root: string, options: HttpOptions): Promise<FoundItem> {
  try {
    requireFollowable(address, root);
  } catch (error) {
    if (error instanceof StacDenied)
      return { item: undefined, address, refused: 'lies where nobody may follow' };
    throw error;
  }
  try {
    return { item: await fetchJson({ url: address }, options), address };
  } catch (error) {
    if (error instanceof NotJson) return { item: undefined, address, refused: 'not a STAC item' };
    throw error;
  }
}

/** Depth first, in the order of the links; a node that is met again is not entered again. */
async function* itemAddresses(
  root: string,
  { collections }: Search,
  options: HttpOptions,
): AsyncGenerator<string, void> {
  const stack = [{ address: root, depth: 0 }];
  const seen = new Set<string>();
  const items = new Set<string>();
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    const { address, depth } = top;
    if (seen.has(address)) continue;
    seen.add(address);
    if (depth > MAX_DEPTH || seen.size > MAX_NODES || items.size > MAX_ITEMS)
      throw new StacDenied(
        `${shown(root)} is too large to be walked through: more than ${MAX_DEPTH} catalogs below each other, ` +
          `${MAX_NODES} in all, or ${MAX_ITEMS} items; name one of its catalogs or collections`,
      );
    const node = fieldsOf(await fetchJson({ url: address }, options));
    if (node.type === 'Feature') {
      if (!items.has(address)) yield address;
      items.add(address);
      continue;
    }
    if (node.type !== 'Catalog' && node.type !== 'Collection')
      throw new StacDenied(`${shown(address)} is no STAC catalog, collection or item`);
    if (node.type === 'Collection' && collections.length > 0 && !collections.includes(textOf(node.id) ?? ''))
      continue;
    for (const item of addressesOf(node.links, address, 'item')) {
      if (!items.has(item)) yield item;
      items.add(item);
    }
    for (const child of addressesOf(node.links, address, 'child').reverse()) {
      requireFollowable(child, address);
      stack.push({ address: child, depth: depth + 1 });
    }
  }
}

function addressesOf(links: unknown, base: string, rel: string): string[] {
  return linksOf(links, rel)
    .map((link) => hrefOf(link, base))
    .filter((href) => href !== undefined);
}

/** As an API would choose: by collection, box and time. An item without geometry is left for its refusal to be told. */
function isWanted(found: unknown, { collections, bbox, period }: Search): boolean {
  const item = fieldsOf(found);
  if (collections.length > 0 && typeof item.collection === 'string' && !collections.includes(item.collection))
    return false;
  const { start_datetime: start, datetime } = fieldsOf(item.properties);
  const time = Date.parse(textOf(datetime) ?? textOf(start) ?? '');
  if (time < Date.parse(`${period.start}Z`) || time > Date.parse(`${period.end}Z`)) return false;
  const footprint = footprintOf(item.geometry);
  return footprint === undefined || footprint.some((part) => meets(part, bbox));
}

function meets([outer]: Footprint[number], [west, south, east, north]: Search['bbox']): boolean {
  const [x0, y0, x1, y1] = boundsOf(outer!);
  return x0 <= east && x1 >= west && y0 <= north && y1 >= south;
}
