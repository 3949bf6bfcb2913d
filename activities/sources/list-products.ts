/** One day of a bucket that no STAC source tells of: its products are listed, and read as far as to say where they lie. */
import { CARD_TYPES, cardType } from '../../cards/card-types.js';
import { type Outline, type ProductFolder, productFolders } from '../../cards/listing.js';
import { parseProductName, type ProductName } from '../../cards/product-name.js';
import { checkSyncTarget } from '../../database/selection/check.js';
import { type NewScene, knownReferences } from '../../database/scenes/products.js';
import { footprintOf } from '../../stac/footprint.js';
import { ObjectMissing } from '../../store/object-store.js';
import type { StepContext } from '../step-context.js';
import type { DatabaseDependencies } from '../dependencies.js';
import type { SyncCursor, SyncOrder, SyncSearch } from '../sync-contract.js';
import type { Refused, SourcePage } from './source-page.js';

interface Found {
  readonly folder: ProductFolder;
  readonly name: ProductName;
}

/** Days are read together until a page is full, or this has passed. */
const PAGE_MS = 20_000;

export async function listProducts(
  context: StepContext,
  dependencies: DatabaseDependencies,
  order: SyncOrder,
  { period }: SyncSearch,
  cursor: SyncCursor | null,
): Promise<SourcePage> {
  const began = Date.now();
  const pages: SourcePage[] = [];
  let next = cursor;
  do {
    const day = typeof next?.day === 'string' ? next.day : period.start.slice(0, 10);
    pages.push(await listDay(context, dependencies, order, day));
    const following = nextDay(day);
    next = following <= lastDay(period.end) ? { day: following } : null;
  } while (next && sum(pages, 'received') < order.pageSize && Date.now() - began < PAGE_MS);
  return {
    received: sum(pages, 'received'),
    known: sum(pages, 'known'),
    scenes: pages.flatMap(({ scenes }) => scenes),
    refused: pages.flatMap(({ refused }) => refused),
    matched: null,
    next,
  };
}

async function listDay(
  context: StepContext,
  dependencies: DatabaseDependencies,
  order: SyncOrder,
  day: string,
): Promise<SourcePage> {
  const { source } = order;
  if (!('listing' in source)) throw new Error('this is no sync with a listing');
  const { listing } = cardType(source.listing);
  const store = dependencies.bucket();
  const scenes: NewScene[] = [];
  const refused: Refused[] = [];
  const found: Found[] = [];
  let received = 0;
  for await (const folder of productFolders(listing, day, store, context.signal)) {
    const name = parseProductName(folder.name, CARD_TYPES);
    // Tiles were chosen by the caller: what lies beside them was not asked for.
    if (name?.tile !== undefined && source.tiles && !source.tiles.includes(name.tile)) continue;
    received += 1;
    if (name?.card === source.listing) found.push({ folder, name });
    else refused.push({ name: folder.name, reason: 'not a product of the CARD type' });
  }
  const { catalogue } = await checkSyncTarget(dependencies.pool, order);
  const known = await knownReferences(
    dependencies.pool,
    catalogue,
    found.map(({ name }) => name.reference),
  );
  for (const { folder, name } of found) {
    if (known.has(name.reference)) continue;
    context.report({ product: name.reference });
    const scene = await readScene(folder, name);
    if (scene) scenes.push(scene);
    else refused.push({ name: name.reference, reason: 'no footprint' });
  }
  return { received, known: known.size, scenes, refused, matched: null, next: null };

  async function readScene(folder: ProductFolder, name: ProductName): Promise<NewScene | undefined> {
    const outline = await listing.outline(folder, store, context.signal).catch((error: unknown) => {
      // A product without its metadata, or with damaged ones; it may be complete another day.
      if (error instanceof ObjectMissing || (error instanceof Error && error.name === 'RasterError'))
        return undefined;
      throw error;
    });
    return outline && sceneOf(folder, name, outline);
  }
}

/** Undefined where the outline is none that has an area. */
function sceneOf(folder: ProductFolder, name: ProductName, outline: Outline): NewScene | undefined {
  const { ring, epsg, cloudCover, generated } = outline;
  const footprint = epsg === 4326 ? footprintOf({ type: 'Polygon', coordinates: [ring] }) : [[ring]];
  if (footprint === undefined) return undefined;
  const { reference, obstime, sensor, card, datatake = null, tile = null, baseline = null } = name;
  const found = { item: folder.prefix, collection: null, bands: {}, published: null, offsetApplied: null };
  return {
    reference,
    obstime,
    sensor,
    card,
    footprint,
    epsg,
    product: { ...found, datatake, tile, baseline, generated, cloudCover },
  };
}

function sum(pages: readonly SourcePage[], field: 'received' | 'known'): number {
  return pages.reduce((total, page) => total + (page[field] ?? 0), 0);
}

/** Nothing is published before it was sensed. */
function lastDay(end: string): string {
  const today = new Date().toISOString().slice(0, 10);
  return end.slice(0, 10) < today ? end.slice(0, 10) : today;
}

function nextDay(day: string): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10);
}
