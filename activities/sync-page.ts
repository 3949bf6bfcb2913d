/** One page of a sync: items are read from the source, and the scenes among them that are new are entered. */
import { tellOrbits } from '../campaigns/tell-orbits.js';
import { checkSyncTarget } from '../database/selection/check.js';
import type { NewScene } from '../database/scenes/products.js';
import { recordSweep } from '../database/scenes/sweeps.js';
import { enterFit } from './sources/enter-fit.js';
import { listProducts } from './sources/list-products.js';
import { readItems } from './sources/read-items.js';
import type { StepContext } from './step-context.js';
import type { DatabaseDependencies } from './dependencies.js';
import type { SyncCursor, SyncOrder, SyncPage, SyncSearch } from './sync-contract.js';
import type { Refused } from './sources/source-page.js';

/** So many refused items are named; the count of each reason is exact. */
const EXAMPLES = 10;

/** @throws DatabaseSetupError, StacDenied, StacFailure, StoreDenied, StoreFailure */
export async function syncPage(
  context: StepContext,
  dependencies: DatabaseDependencies,
  order: SyncOrder,
  search: SyncSearch,
  cursor: SyncCursor | null,
): Promise<SyncPage> {
  const target = await checkSyncTarget(dependencies.pool, order);
  const read = 'stac' in order.source ? readItems : listProducts;
  const page = await read(context, dependencies, order, search, cursor);
  const { scenes, cloudy } = bySky(page.scenes, order.cloud);
  const entered = await enterFit(dependencies.pool, target, order.label, scenes);
  await tellOrbits(
    dependencies.pool,
    target.catalogue,
    scenes.map(({ reference }) => reference),
  );
  const refused = [
    ...page.refused,
    ...entered.unfit,
    ...cloudy.map((name) => ({ name, reason: `cloudier than ${order.cloud} %` })),
    ...entered.outside.map((name) => ({ name, reason: 'outside the area' })),
  ];
  return {
    matched: page.matched,
    next: page.next,
    received: page.received,
    entered: entered.entered.length,
    known: entered.known + (page.known ?? 0),
    doubled: entered.doubled,
    refused: countReasons(refused),
    examples: refused.slice(0, EXAMPLES).map(({ name, reason }) => `${name}: ${reason}`),
  };
}

function countReasons(refused: readonly Refused[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { reason } of refused) counts[reason] = (counts[reason] ?? 0) + 1;
  return counts;
}

/** A scene whose clouds nobody has measured is not too cloudy. */
function bySky(
  all: readonly NewScene[],
  limit: number | undefined,
): { scenes: readonly NewScene[]; cloudy: readonly string[] } {
  const isCloudy = ({ product }: NewScene): boolean =>
    limit !== undefined && (product.cloudCover ?? 0) > limit;
  return {
    scenes: all.filter((scene) => !isCloudy(scene)),
    cloudy: all.filter(isCloudy).map(({ reference }) => reference),
  };
}

export async function concludeSync(
  _context: StepContext,
  dependencies: DatabaseDependencies,
  order: SyncOrder,
): Promise<void> {
  if (order.sweep === null) return;
  const { catalogue } = await checkSyncTarget(dependencies.pool, order);
  await recordSweep(dependencies.pool, catalogue, order.sweep);
}
