/** The check of the input of the workflow `catalogueSync`; campaigns/sync-options.ts says what it may hold. */
import { CARDS } from '../campaigns/options.js';
import { type SyncInput, syncSchema } from '../campaigns/sync-options.js';
import { checkInput } from './check-input.js';

/** @throws ApplicationFailure `InvalidInput`, non-retryable, naming every wrong field. */
export function checkSyncInput(input: unknown): SyncInput {
  const listing = CARDS.map((code) => `"${code}"`).join(' | ');
  const must = `{"source": {"stac": "cdse" | "earth-search" | URL}} or {"source": {"listing": ${listing}}}`;
  return checkInput(syncSchema(), input, { what: 'sync', must });
}
