/** Campaigns on the Temporal server: started, and found again by the names that people give them. */
import {
  type Client,
  WorkflowExecutionAlreadyStartedError,
  type WorkflowExecutionDescription,
  type WorkflowHandle,
  WorkflowNotFoundError,
} from '@temporalio/client';
import type { campaign } from '../workflows/campaign.js';
import type { CampaignInput } from '../campaigns/options.js';
import { campaignId, ORCHESTRATOR_QUEUE } from '../workflows/ids.js';
import { escapeMarkdown } from '../workflows/markdown.js';
import {
  pauseUpdate,
  type Progress,
  progressQuery,
  resumeUpdate,
  setConcurrencyUpdate,
} from '../workflows/messages.js';
import { UserError } from '../terminal/user-error.js';
import { answered } from './worker-answer.js';

/** Temporal's handle of a campaign: `result()` waits for its last progress, `cancel()` ends it. */
export type CampaignHandle = WorkflowHandle<typeof campaign>;

/** The name people give it, of its workflow's id. */
export function campaignName(workflowId: string): string {
  return workflowId.replace(/^campaign\//, '');
}

/** The campaign of that name, whether it runs or has ended; nothing is asked of the server yet. */
export function campaignOf(client: Client, name: string): CampaignHandle {
  return client.workflow.getHandle<typeof campaign>(campaignId(name));
}

/**
 * Starts a campaign of that name. What its input leaves out comes from the worker's db_config.json.
 * @throws UserError when a campaign of that name runs already.
 */
export async function startCampaign(
  client: Client,
  name: string,
  input: CampaignInput,
): Promise<CampaignHandle> {
  try {
    return await client.workflow.start<typeof campaign>('campaign', {
      workflowId: campaignId(name),
      taskQueue: ORCHESTRATOR_QUEUE,
      args: [input],
      staticSummary: escapeMarkdown(
        `${input.card} ${input.aoi?.name ?? ''} ${input.period?.start ?? ''} to ${input.period?.end ?? ''}`,
      ),
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    throw new UserError(
      `a campaign ${name} runs already: follow it with "parcelwise campaign status ${name} --watch", or give this one another --name`,
    );
  }
}

/**
 * How far a campaign is; one that has ended is told of as long as a worker serves its queue.
 * @throws UserError when there is no campaign of that name, or no worker answers within 8 seconds.
 */
export async function progressOf(campaign: CampaignHandle): Promise<Progress> {
  return await answered(found(campaign.query(progressQuery), campaign));
}

/** Lets running scenes finish and starts no new ones. @throws UserError as `progressOf` does, or when it has ended. */
export async function pauseCampaign(campaign: CampaignHandle): Promise<Progress> {
  return await answered(found(campaign.executeUpdate(pauseUpdate), campaign));
}

/** Starts scenes again. @throws UserError as `progressOf` does, or when it has ended. */
export async function resumeCampaign(campaign: CampaignHandle): Promise<Progress> {
  return await answered(found(campaign.executeUpdate(resumeUpdate), campaign));
}

/**
 * Changes how many scenes are in flight.
 * @param scenes 1 to 500
 * @throws UserError as `progressOf` does, or when it has ended; WorkflowUpdateFailedError for a number it can't be.
 */
export async function setConcurrency(campaign: CampaignHandle, scenes: number): Promise<Progress> {
  return await answered(found(campaign.executeUpdate(setConcurrencyUpdate, { args: [scenes] }), campaign));
}

/**
 * Ends a campaign: its scenes in flight are given back, what is stored stays and counts. A worker does so, after this has
 * returned.
 * @throws UserError when there is no campaign of that name, or it has ended.
 */
export async function cancelCampaign(campaign: CampaignHandle): Promise<void> {
  await found(campaign.cancel(), campaign);
}

/** How the server says a campaign stands. @throws UserError when there is no campaign of that name. */
export async function describeCampaign(campaign: CampaignHandle): Promise<WorkflowExecutionDescription> {
  return await found(campaign.describe(), campaign);
}

async function found<T>(answer: Promise<T>, { workflowId }: CampaignHandle): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
    throw new UserError(
      `there is no campaign ${campaignName(workflowId)}, or it has ended; "parcelwise campaign list" shows all there are`,
    );
  }
}
