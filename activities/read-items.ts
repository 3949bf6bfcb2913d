/** A page of items of a STAC source, as scenes. */
import type { NewScene } from '../catalogue/products.js';
import type { Cursor } from '../stac/page.js';
import { sceneFacts } from '../stac/scene-facts.js';
import { openSource } from '../stac/source.js';
import type { Run } from './run.js';
import type { CatalogueSite } from './site.js';
import type { SyncCursor, SyncOrder, SyncSearch } from './sync-contract.js';
import type { Refused, SourcePage } from './sync-page.js';

export async function readItems(
  run: Run,
  _site: CatalogueSite,
  { source, pageSize }: SyncOrder,
  { box, period }: SyncSearch,
  cursor: SyncCursor | null,
): Promise<SourcePage> {
  if (!('stac' in source)) throw new Error('this is no sync with a STAC source');
  const opened = await openSource(source.stac, { signal: run.signal });
  const collections = source.collection === undefined ? [] : [source.collection];
  const search = { collections, bbox: box, period, limit: pageSize };
  const page = await opened.page(search, cursor as Cursor | null, { signal: run.signal });
  const scenes: NewScene[] = [];
  const refused: Refused[] = [];
  for (const { item, address } of page.items) {
    const reading = sceneFacts(item, address);
    if ('scene' in reading) scenes.push(reading.scene);
    else
      refused.push({
        name: typeof item.id === 'string' ? item.id : 'an item without id',
        reason: reading.refused,
      });
  }
  return { received: page.items.length, scenes, refused, matched: page.matched, next: page.next };
}
