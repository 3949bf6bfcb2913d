/** Checks of what the workflow `campaign` is told: its input, and how many scenes to keep in flight; campaigns/options.ts says what it may hold. */
import { CARDS, campaignSchema, type CheckedCampaignInput, MAX_CONCURRENCY } from '../campaigns/options.js';
import { checkInput } from './check-input.js';

/** @throws ApplicationFailure `InvalidInput`, non-retryable, naming every wrong field. */
export function checkCampaignInput(input: unknown): CheckedCampaignInput {
  const must = `{"card": ${CARDS.map((code) => `"${code}"`).join(' | ')}}`;
  return checkInput(campaignSchema(), input, { what: 'campaign', must });
}

/** Of the update `setConcurrency`. Synchronous, as the SDK demands of validators. */
export function checkConcurrency(concurrency: number): void {
  if (!Number.isInteger(concurrency) || concurrency < 1 || concurrency > MAX_CONCURRENCY) {
    throw new RangeError(`concurrency must be a whole number from 1 to ${MAX_CONCURRENCY}`);
  }
}
