/** A campaign's order, made of what was asked for and the worker's own configuration. */
import { cardType } from '../cards/card-types.js';
import type { DatabaseConfig } from '../database/selection/config.js';
import { DatabaseSetupError } from '../database/session/errors.js';
import type { CampaignRequest, Order } from './order.js';

/** Parcels a chunk: some 8 MB of rows, half a second of statistics, and few events for a scene of 300,000 parcels. */
export const CHUNK_PARCELS = 30_000;

/** @throws DatabaseSetupError for bands that the CARD type does not have. */
export function orderOf(request: CampaignRequest, config: DatabaseConfig): Order {
  const card = cardType(request.card);
  const bandNames = request.bandNames ?? config.bandNames;
  return {
    card: request.card,
    tables: {
      catalogue: request.tables?.catalogue ?? config.tables.catalogue,
      aois: request.tables?.aois ?? config.tables.aois,
      parcels: request.tables?.parcels ?? config.tables.parcels,
      results: request.tables?.results ?? config.tables.results,
      hists: histsOf(request, config),
    },
    aoi: { field: request.aoi?.field ?? config.aoi.field, name: request.aoi?.name ?? config.aoi.name },
    period: {
      start: request.period?.start ?? config.period.start,
      end: request.period?.end ?? config.period.end,
    },
    statusIn: request.statusIn ?? 'catalogue',
    minAreaM2: request.minAreaM2 ?? config.minAreaM2,
    bandNames,
    radiometry: request.radiometry ?? 'raw',
    bands: bandsOf(request.bands ?? config.bands ?? card.defaultBands, card, bandNames),
    chunkParcels: request.chunkParcels ?? config.chunkParcels ?? CHUNK_PARCELS,
    ...limitsOf(request),
    ...(request.changedOnly === true && { changedOnly: true }),
  };
}

/** Left out, it is the worker's; null says that there is none. */
function histsOf({ tables }: CampaignRequest, config: DatabaseConfig): string | undefined {
  return tables?.hists === undefined ? config.tables.hists : (tables.hists ?? undefined);
}

function limitsOf({ maxDownloadMbps, maxRequests }: CampaignRequest): Pick<Order, 'limits'> {
  if (maxDownloadMbps === undefined && maxRequests === undefined) return {};
  return { limits: { downloadMbps: maxDownloadMbps, requestsPerSecond: maxRequests } };
}

/** The bands' names in the results table, in the order asked for. */
function bandsOf(
  bands: readonly string[],
  card: ReturnType<typeof cardType>,
  names: Order['bandNames'],
): string[] {
  try {
    return [...new Set(bands.map((band) => card.bandName(card.parseBand(band), names)))];
  } catch (error) {
    throw new DatabaseSetupError(error instanceof Error ? error.message : String(error), 'Correct the bands');
  }
}
