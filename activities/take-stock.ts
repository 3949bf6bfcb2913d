/** What is left of a campaign's order once none of its scenes is in flight. */
import { heldClaims } from '../database/ledger/reconcile.js';
import { requireStoredRows } from '../database/identity/stored-rows.js';
import { reviveSuperseded } from '../database/ledger/supersession.js';
import type { Order } from '../campaigns/order.js';
import type { Stock } from './contract.js';
import { reconcile } from './reconcile.js';
import type { StepContext } from './step-context.js';
import { type DatabaseDependencies } from './dependencies.js';
import { selectionOf } from '../campaigns/order.js';
import { countWaiting } from '../campaigns/waiting.js';

export async function takeStock(
  context: StepContext,
  dependencies: DatabaseDependencies,
  order: Order,
  campaign: string,
): Promise<Stock> {
  const selection = await dependencies.selections.check(selectionOf(order));
  // A table that was emptied or made anew under the campaign: nothing that it has reported is there.
  await requireStoredRows(dependencies.pool, selection, 'none');
  await reconcile(context, dependencies);
  await reviveSuperseded(dependencies.pool, selection);
  // Claims are counted first: one that is given back in between is then counted as a scene, not overlooked.
  const claims = await heldClaims(dependencies.pool);
  const held = claims.filter(
    (claim) => claim.campaign === campaign && claim.results === selection.results.key,
  );
  return { held: held.length, ingested: await countWaiting(dependencies.pool, selection, order) };
}
