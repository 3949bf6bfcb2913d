/** Which scenes an order is still about: those that are ingested, those whose parcels have changed, or those that lack what is asked for. */
import { countChanged, listChanged } from '../database/scenes/changed-scenes.js';
import { clearLayer } from '../database/ledger/layer-names.js';
import {
  type AskedLayers,
  countLacking,
  heldLayers,
  listLacking,
} from '../database/scenes/lacking-scenes.js';
import type { CheckedSelection } from '../database/selection/check.js';
import { parcelSetFingerprint } from '../database/parcels/fingerprint.js';
import { countScenes, listScenes, type SceneCursor } from '../database/scenes/scenes.js';
import type { Database } from '../database/session/session.js';
import type { Scene } from '../database/terms.js';
import type { Order } from './order.js';
import { clearBandsOf } from './rule.js';

export async function listWaiting(
  database: Database,
  selection: CheckedSelection,
  order: Order,
  after: SceneCursor | undefined,
  limit: number,
): Promise<Scene[]> {
  if (order.add === true) return await listLacking(database, selection, askedOf(order), after, limit);
  if (order.changedOnly !== true) return await listScenes(database, selection, after, limit);
  return await listChanged(
    database,
    selection,
    await parcelSetFingerprint(database, selection),
    after,
    limit,
  );
}

export async function countWaiting(
  database: Database,
  selection: CheckedSelection,
  order: Order,
): Promise<number> {
  if (order.add === true) return await countLacking(database, selection, askedOf(order));
  if (order.changedOnly !== true) return await countScenes(database, selection);
  return await countChanged(database, selection, await parcelSetFingerprint(database, selection));
}

function askedOf(order: Order): AskedLayers {
  return {
    bands: order.bands,
    clearBands: clearBandsOf(order),
    skipped: bandsWithSkipped(order),
    since: order.prepared,
  };
}

/** Bands of which an order is about parcels, too, that were skipped for clouds: of none where it skips such parcels itself. */
export function bandsWithSkipped({ add, skipCloudy, bands }: Order): readonly string[] {
  return add === true && skipCloudy !== true ? bands : [];
}

/** What of an order one scene lacks. */
export interface LackingOrder {
  readonly order: Order;
  /** Parcels that are measured in any of the order's layers. */
  readonly parcels: number;
  /** How many rows there will be at most of layers that stand for other parcels; those of none are left out. */
  readonly skipped: ReadonlyMap<string, number>;
}

/** What of the order one of these scenes lacks, and of how many parcels. */
export async function lackingOf(
  database: Database,
  selection: CheckedSelection,
  order: Order,
  obsid: number,
): Promise<LackingOrder> {
  const { layers, parcels, skipped } = await heldLayers(database, selection, obsid, bandsWithSkipped(order));
  const lacks = (layer: string) => !layers.includes(layer);
  const bands = order.bands.filter((band) => lacks(band) || skipped.has(band));
  const clearBands = clearBandsOf(order).filter((band) => lacks(clearLayer(band)) || skipped.has(band));
  const isWhole = bands.some(lacks) || clearBands.some((band) => lacks(clearLayer(band)));
  return {
    order: { ...order, bands, clearBands },
    parcels: isWhole || skipped.size === 0 ? parcels : Math.max(...skipped.values()),
    // None of these parcels has a clear pixel.
    skipped: new Map(
      [...skipped].flatMap(([band, count]): [string, number][] => [
        ...(lacks(band) ? [] : [[band, count] as [string, number]]),
        ...(lacks(clearLayer(band)) ? [] : [[clearLayer(band), 0] as [string, number]]),
      ]),
    ),
  };
}
