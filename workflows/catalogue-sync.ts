/** A sync: reads every page of a source and enters the scenes that the catalogue does not know yet. */
import { continueAsNew, setCurrentDetails, setHandler, workflowInfo } from '@temporalio/workflow';
import { syncing } from './calls.js';
import { syncQuery } from './messages.js';
import type { SyncInput } from '../campaigns/sync-options.js';
import { checkSyncInput } from './sync-input.js';
import { addPage, describeSync, endSearch, newSync, type SyncReport, type SyncState } from './sync-state.js';

/**
 * @param input see campaigns/sync-options.ts; fields left out come from the worker's db_config.json.
 * @param carried the state of the run before, set by continue-as-new only.
 * @throws ApplicationFailure `InvalidInput`, `Misconfigured`, or `Transient` when the source does not answer for long.
 */
export async function catalogueSync(input: SyncInput, carried?: SyncState): Promise<SyncReport> {
  const checked = checkSyncInput(input);
  const state = carried ?? newSync();
  setHandler(syncQuery, () => state.total);
  const order = (state.order ??= await syncing('check source, area and catalogue').prepareSync(checked));
  state.total.source = order.label;
  for (let search = order.searches[state.search]; search; search = order.searches[state.search]) {
    if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof catalogueSync>(input, state);
    const page = await syncing(`page ${state.total.pages + 1}`).syncPage(order, search, state.cursor);
    addPage(state, page);
    if (page.next === null) endSearch(state);
    setCurrentDetails(describeSync(state));
  }
  if (order.sweep !== null) await syncing('remember that the whole period was read').concludeSync(order);
  return state.total;
}
