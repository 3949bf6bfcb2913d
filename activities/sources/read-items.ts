/** A page of items of a STAC source, as scenes. */
import { CARD_TYPES } from '../../cards/card-types.js';
import type { NewScene } from '../../database/scenes/products.js';
import { fieldsOf } from '../../stac/json-values.js';
import type { Cursor, FoundItem } from '../../stac/page.js';
import { sceneFacts } from '../../stac/scene-facts.js';
import { openSource } from '../../stac/source.js';
import { shownAddress } from '../../store/address.js';
import { printable } from '../../store/printable.js';
import type { StepContext } from '../step-context.js';
import type { DatabaseDependencies } from '../dependencies.js';
import type { SyncCursor, SyncOrder, SyncSearch } from '../sync-contract.js';
import type { Refused, SourcePage } from './source-page.js';

export async function readItems(
  context: StepContext,
  _dependencies: DatabaseDependencies,
  { source, pageSize }: SyncOrder,
  { box, period }: SyncSearch,
  cursor: SyncCursor | null,
): Promise<SourcePage> {
  if (!('stac' in source)) throw new Error('this is no sync with a STAC source');
  const opened = await openSource(source.stac, { signal: context.signal });
  const collections = source.collection === undefined ? [] : [source.collection];
  const search = { collections, bbox: box, period, limit: pageSize };
  const page = await opened.page(search, cursor as Cursor | null, { signal: context.signal });
  const scenes: NewScene[] = [];
  const refused: Refused[] = [];
  for (const found of page.items) {
    const reading = readItem(found);
    if ('scene' in reading) scenes.push(reading.scene);
    else refused.push({ name: nameOf(found), reason: reading.refused });
  }
  return { received: page.items.length, scenes, refused, matched: page.matched, next: page.next };
}

/** One item that is not as any source should write it is left out by itself, whatever it does to who reads it. */
export function readItem({ item, address, refused }: FoundItem): { scene: NewScene } | { refused: string } {
  if (refused !== undefined) return { refused };
  try {
    const reading = sceneFacts(item, CARD_TYPES, address);
    return 'scene' in reading ? { scene: storable(reading.scene) } : reading;
  } catch {
    return { refused: 'not understood' };
  }
}

/** PostgreSQL's texts and JSON take neither NUL nor half a character. */
function storable(scene: NewScene): NewScene {
  return JSON.parse(JSON.stringify(scene), (_key, value: unknown) =>
    typeof value === 'string' ? value.replace(/\0|\p{Surrogate}/gu, '\uFFFD') : value,
  ) as NewScene;
}

function nameOf({ item, address }: FoundItem): string {
  const { id } = fieldsOf(item);
  const name = typeof id === 'string' ? printable(id, 120) : '';
  if (name !== '') return name;
  return `an item without id, at ${printable(shownAddress(address), 120)}`;
}
