/** Makes a campaign's order out of what was asked for and the worker's own configuration, and checks it all at once. */
import { canonicalTables } from '../database/selection/check.js';
import { databaseId, requireSameDatabase } from '../database/session/database-id.js';
import { requireParcels } from '../database/selection/parcel-table.js';
import { tellExtractedElsewhere } from '../database/scenes/other-tables.js';
import { tellWithoutFootprint } from '../database/scenes/scenes.js';
import { DatabaseSetupError } from '../database/session/errors.js';
import { checkRadiometry } from '../database/scenes/facts.js';
import { requireOneCatalogue } from '../database/identity/one-catalogue.js';
import { recogniseTables } from '../database/identity/renamed-table.js';
import { makeResultsViews } from '../database/results/results-views.js';
import { requireRights } from '../database/selection/rights.js';
import { databaseTime } from '../database/session/server.js';
import { requireSchema } from '../database/session/schema.js';
import { requireStoredRows } from '../database/identity/stored-rows.js';
import { tryStoring } from '../database/selection/trial.js';
import { markSuperseded, reviveSuperseded } from '../database/ledger/supersession.js';
import type { CampaignRequest } from '../campaigns/options.js';
import type { PreparedCampaign } from './contract.js';
import { noticesOf } from '../campaigns/former-names.js';
import { orderOf } from '../campaigns/make-order.js';
import { namedFor } from '../campaigns/name-layers.js';
import { ruleOf } from '../campaigns/rule.js';
import { giveUpGivenBack } from '../database/ledger/lacking.js';
import { closeToWorkersOfBefore, requireOneRule } from '../database/ledger/rule.js';
import { VIEWED_CARDS } from '../campaigns/viewed-cards.js';
import { cardType } from '../cards/card-types.js';
import { reconcile } from './reconcile.js';
import type { StepContext } from './step-context.js';
import { type DatabaseDependencies } from './dependencies.js';
import { selectionOf } from '../campaigns/order.js';
import { tellOrbits } from '../campaigns/tell-orbits.js';
import { countWaiting } from '../campaigns/waiting.js';

/** @throws DatabaseSetupError naming what is wrong with tables, their constraints, AOI, period or bands, and the remedy. */
export async function prepareCampaign(
  context: StepContext,
  dependencies: DatabaseDependencies,
  request: CampaignRequest,
): Promise<PreparedCampaign> {
  await requireSameDatabase(dependencies.pool, request.database);
  await requireSchema(dependencies.pool);
  const meant = { ...orderOf(request, dependencies.config), prepared: await databaseTime(dependencies.pool) };
  const selection = await dependencies.selections.check(selectionOf(meant));
  const asked = { ...meant, bands: namedFor(meant, selection) };
  await requireRights(dependencies.pool, selection, { changedOnly: asked.changedOnly === true });
  await requireParcels(dependencies.pool, selection);
  const blind = await tellWithoutFootprint(
    dependencies.pool,
    selection.catalogue,
    selection.card,
    selection.period,
  );
  const radiometry = await checkRadiometry(
    dependencies.pool,
    selection,
    asked.radiometry,
    cardType(asked.card).radiometry,
  );
  await recogniseTables(dependencies.pool, selection);
  await requireOneCatalogue(dependencies.pool, selection);
  await tellOrbits(dependencies.pool, selection.catalogue);
  const reconciled = await reconcile(context, dependencies);
  if (asked.add === true) await giveUpGivenBack(dependencies.pool, selection);
  await requireOneRule(dependencies.pool, selection, ruleOf(asked));
  await closeToWorkersOfBefore(dependencies.pool, selection, ruleOf(asked));
  await requireStoredRows(dependencies.pool, selection, 'waiting', asked);
  await reviveSuperseded(dependencies.pool, selection);
  // Extractions of before the catalogue knew a newer product, or of an earlier parcelwise.
  await markSuperseded(dependencies.pool, selection);
  await tryStoring(dependencies.pool, selection, asked.bands);
  const tables = canonicalTables(selection);
  const views = await warningOf(
    makeResultsViews(dependencies.pool, tables, VIEWED_CARDS, Object.keys(asked.indices ?? {})),
  );
  return {
    order: { ...asked, database: await databaseId(dependencies.pool), tables, period: selection.period },
    scenes: await countWaiting(dependencies.pool, selection, asked),
    reconciled: reconciled.length,
    searchAttributes: await dependencies.temporal.hasSearchAttributes(),
    warnings: [
      ...noticesOf(request, dependencies.config),
      ...selection.warnings,
      ...blind,
      ...(await tellExtractedElsewhere(dependencies.pool, selection)),
      ...radiometry,
      ...views,
    ],
  };
}

/** Nothing is lost without the views, so a role that may not make them extracts all the same. */
async function warningOf(work: Promise<unknown>): Promise<string[]> {
  try {
    await work;
    return [];
  } catch (error) {
    if (error instanceof DatabaseSetupError) return [error.message];
    throw error;
  }
}
