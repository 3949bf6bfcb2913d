/** The check of the input of the workflow `campaign`; campaigns/options.ts says what it may hold. */
import { CARDS, campaignSchema, type CheckedCampaignInput } from '../campaigns/options.js';
import { checkInput } from './check-input.js';

/** @throws ApplicationFailure `InvalidInput`, non-retryable, naming every wrong field. */
export function checkCampaignInput(input: unknown): CheckedCampaignInput {
  const must = `{"card": ${CARDS.map((code) => `"${code}"`).join(' | ')}}`;
  return checkInput(campaignSchema(), input, { what: 'campaign', must });
}
