/** Campaigns on the Temporal server: started, and found again by the names that people give them. */
import {
  WorkflowExecutionAlreadyStartedError,
  type WorkflowHandle,
  WorkflowNotFoundError,
} from '@temporalio/client';
import type { campaign } from '../workflows/campaign.js';
import type { CampaignInput } from '../workflows/campaign-input.js';
import { ORCHESTRATOR_QUEUE } from '../workflows/ids.js';
import { escapeMarkdown } from '../workflows/markdown.js';
import { UserError } from '../terminal/user-error.js';
import type { TemporalConnection } from './temporal-connection.js';

export type CampaignHandle = WorkflowHandle<typeof campaign>;

/** The name people give it, of its workflow's id. */
export function campaignName(workflowId: string): string {
  return workflowId.replace(/^campaign\//, '');
}

/** @throws UserError when there is no campaign of that name. */
export async function found<T>(answer: Promise<T>, name: string): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
    throw new UserError(
      `there is no campaign ${name}, or it has ended; "parcelwise campaign list" shows all there are`,
    );
  }
}

/** @throws UserError when a campaign of that name runs already. */
export async function startCampaignWorkflow(
  client: TemporalConnection['client'],
  workflowId: string,
  input: CampaignInput,
): Promise<CampaignHandle> {
  try {
    return await client.workflow.start<typeof campaign>('campaign', {
      workflowId,
      taskQueue: ORCHESTRATOR_QUEUE,
      args: [input],
      staticSummary: escapeMarkdown(
        `${input.card} ${input.aoi?.name ?? ''} ${input.period?.start ?? ''} to ${input.period?.end ?? ''}`,
      ),
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    const name = campaignName(workflowId);
    throw new UserError(
      `a campaign ${name} runs already: follow it with "parcelwise campaign status ${name} --watch", or give this one another --name`,
    );
  }
}
