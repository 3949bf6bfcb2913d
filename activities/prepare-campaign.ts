/** Makes a campaign's order out of what was asked for and the worker's own configuration, and checks it all at once. */
import { cardType } from '../cards/index.js';
import { CatalogueError } from '../catalogue/errors.js';
import { checkRadiometry } from '../catalogue/facts.js';
import { countScenes } from '../catalogue/scenes.js';
import { requireSchema } from '../catalogue/schema.js';
import type { CampaignRequest, Order, PreparedCampaign } from './contract.js';
import { reconcile } from './reconcile.js';
import type { Run } from './run.js';
import { type CatalogueSite, selectionOf } from './site.js';

/** Parcels a chunk: some 8 MB of rows, half a second of statistics, and few events for a scene of 300,000 parcels. */
const CHUNK_PARCELS = 30_000;

/** @throws CatalogueError naming what is wrong with tables, AOI, period or bands, and the remedy. */
export async function prepareCampaign(
  run: Run,
  site: CatalogueSite,
  request: CampaignRequest,
): Promise<PreparedCampaign> {
  await requireSchema(site.pool);
  const asked = orderOf(request, site);
  const selection = await site.selections.check(selectionOf(asked));
  const radiometry = await checkRadiometry(site.pool, selection, asked.radiometry);
  const reconciled = await reconcile(run, site);
  return {
    order: {
      ...asked,
      tables: {
        catalogue: selection.catalogue.key,
        aois: selection.aoi.key,
        parcels: selection.parcels.key,
        results: selection.results.key,
        ...(selection.hists && { hists: selection.hists.key }),
      },
      period: selection.period,
    },
    scenes: await countScenes(site.pool, selection),
    reconciled: reconciled.length,
    searchAttributes: await site.temporal.hasSearchAttributes(),
    warnings: [...selection.warnings, ...radiometry],
  };
}

function orderOf(request: CampaignRequest, { config }: CatalogueSite): Order {
  const card = cardType(request.card);
  const bandNames = request.bandNames ?? config.bandNames;
  return {
    card: request.card,
    tables: {
      catalogue: request.tables?.catalogue ?? config.tables.catalogue,
      aois: request.tables?.aois ?? config.tables.aois,
      parcels: request.tables?.parcels ?? config.tables.parcels,
      results: request.tables?.results ?? config.tables.results,
      hists: request.tables?.hists ?? config.tables.hists,
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
  };
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
    throw new CatalogueError(error instanceof Error ? error.message : String(error), 'Correct the bands');
  }
}
