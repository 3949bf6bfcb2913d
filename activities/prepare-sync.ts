/** Makes a sync's order out of what was asked for and the worker's own configuration, and checks it all at once. */
import { CARD_TYPES } from '../cards/card-types.js';
import { searchBoxes } from '../database/selection/area.js';
import { checkSyncTarget } from '../database/selection/check.js';
import { requireSameDatabase } from '../database/session/database-id.js';
import { requireSchema } from '../database/session/schema.js';
import { isSwept } from '../database/scenes/sweeps.js';
import { collectionAt, requireSource, sourceAddress } from '../stac/source.js';
import { areaOf } from '../campaigns/make-order.js';
import type { Period } from '../campaigns/order.js';
import { PAGE_SIZE, type SourceRequest, SWEEP_HOURS, type SyncInput } from '../campaigns/sync-options.js';
import type { StepContext } from './step-context.js';
import type { DatabaseDependencies } from './dependencies.js';
import type { SyncOrder } from './sync-contract.js';

/** @throws DatabaseSetupError, StacDenied naming what is wrong with tables, AOI, period or source, and the remedy. */
export async function prepareSync(
  _context: StepContext,
  dependencies: DatabaseDependencies,
  request: SyncInput,
): Promise<SyncOrder> {
  await requireSameDatabase(dependencies.pool, request.database);
  await requireSchema(dependencies.pool);
  const { config } = dependencies;
  const target = await checkSyncTarget(dependencies.pool, {
    tables: {
      catalogue: request.tables?.catalogue ?? config.tables.catalogue,
      aois: request.tables?.aois ?? config.tables.aois,
    },
    ...areaOf(request, config),
  });
  const { source, label } = sourceOf(request.source);
  if ('stac' in source) await requireSource(source.stac);
  const boxes = await searchBoxes(dependencies.pool, target.aoi);
  const { period } = target;
  const name = JSON.stringify([label, boxes, period, request.cloud ?? null]);
  const latest =
    request.lookbackDays !== undefined &&
    (await isSwept(dependencies.pool, target.catalogue, name, request.sweepHours ?? SWEEP_HOURS))
      ? lastDays(period, request.lookbackDays)
      : undefined;
  // A bucket is listed once, whatever the area's shape: where a product lies is only known once it is read.
  const searched = 'listing' in source ? boxes.slice(0, 1) : boxes;
  return {
    source,
    label,
    tables: { catalogue: target.catalogue.key, aois: target.aoi.key },
    aoi: { field: areaOf(request, config).aoi.field, name: target.aoi.name },
    period,
    ...(request.cloud !== undefined && { cloud: request.cloud }),
    pageSize: request.pageSize ?? PAGE_SIZE,
    searches: searched.map((box) => ({ box, period: latest ?? period })),
    sweep: latest === undefined ? name : null,
  };
}

function sourceOf(request: SourceRequest): { source: SourceRequest; label: string } {
  if ('listing' in request) {
    const tiles = request.tiles === undefined ? '' : ` ${[...request.tiles].sort().join(',')}`;
    return { source: request, label: `listing ${request.listing}${tiles}` };
  }
  const url = sourceAddress(request.stac);
  const wanted = request.collection ?? collectionAt(request.stac, CARD_TYPES);
  return {
    source: { stac: url, ...(wanted !== undefined && { collection: wanted }) },
    label: wanted === undefined ? url : `${url} ${wanted}`,
  };
}

/** The last days of a period up to now; of one that has ended, its own last days. */
function lastDays({ start, end }: Period, days: number): Period {
  const last = Math.min(Date.now(), Date.parse(`${end}Z`));
  const from = new Date(last - days * 86_400_000).toISOString().slice(0, 19);
  return { start: from > start ? from : start, end };
}
