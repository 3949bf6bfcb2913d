/** Which scenes an order is still about: those that are ingested, or those whose parcels have changed. */
import { countChanged, listChanged } from '../database/scenes/changed-scenes.js';
import type { CheckedSelection } from '../database/selection/check.js';
import { parcelSetFingerprint } from '../database/parcels/fingerprint.js';
import { countScenes, listScenes, type SceneCursor } from '../database/scenes/scenes.js';
import type { Database } from '../database/session/session.js';
import type { Scene } from '../database/terms.js';
import type { Order } from './order.js';

export async function listWaiting(
  database: Database,
  selection: CheckedSelection,
  { changedOnly }: Pick<Order, 'changedOnly'>,
  after: SceneCursor | undefined,
  limit: number,
): Promise<Scene[]> {
  if (changedOnly !== true) return await listScenes(database, selection, after, limit);
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
  { changedOnly }: Pick<Order, 'changedOnly'>,
): Promise<number> {
  if (changedOnly !== true) return await countScenes(database, selection);
  return await countChanged(database, selection, await parcelSetFingerprint(database, selection));
}
