/** Makes a campaign's order out of what was asked for and the worker's own configuration, and checks it all at once. */
import { checkRadiometry } from '../catalogue/facts.js';
import { requireSchema } from '../catalogue/schema.js';
import type { CampaignRequest, PreparedCampaign } from './contract.js';
import { orderOf } from './order.js';
import { reconcile } from './reconcile.js';
import type { Run } from './run.js';
import { type CatalogueSite, selectionOf } from './site.js';
import { countWaiting } from './waiting.js';

/** @throws CatalogueError naming what is wrong with tables, AOI, period or bands, and the remedy. */
export async function prepareCampaign(
  run: Run,
  site: CatalogueSite,
  request: CampaignRequest,
): Promise<PreparedCampaign> {
  await requireSchema(site.pool);
  const asked = orderOf(request, site.config);
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
    scenes: await countWaiting(site.pool, selection, asked),
    reconciled: reconciled.length,
    searchAttributes: await site.temporal.hasSearchAttributes(),
    warnings: [...selection.warnings, ...radiometry],
  };
}
