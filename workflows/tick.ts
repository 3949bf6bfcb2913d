/** A tick of a schedule: the catalogue is synced, then a campaign extracts what is ingested, where anything is. */
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  ApplicationFailure,
  ChildWorkflowCancellationType,
  executeChild,
  isCancellation,
  ParentClosePolicy,
  setCurrentDetails,
} from '@temporalio/workflow';
import { catalogue, COUNTING_TIMEOUT } from './calls.js';
import { campaign } from './campaign.js';
import { type CampaignInput, checkCampaignInput } from './campaign-input.js';
import { catalogueSync } from './catalogue-sync.js';
import { rootCause } from './failures.js';
import { campaignId, syncId } from './ids.js';
import { escapeMarkdown } from './markdown.js';
import type { Progress } from './messages.js';
import type { SyncInput } from './sync-input.js';

export interface TickInput {
  /** The schedule's name: its sync is `sync/<name>`, its campaign `campaign/<name>`. */
  readonly name: string;
  /** Left out where somebody else enters the scenes. */
  readonly sync?: SyncInput;
  readonly campaign: CampaignInput;
}

export interface TickReport {
  /** Scenes that the sync entered; null where it failed, did not run, or ran elsewhere. */
  readonly entered: number | null;
  /** Scenes that the campaign ended, by status word, {} where none waited; null where a campaign of the name ran already. */
  readonly ended: Readonly<Record<string, number>> | null;
  readonly gaps: readonly string[];
}

/** Cancelling a tick cancels what it started, and waits until claims are given back. */
const CHILD = {
  parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
  cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
};

/**
 * A source that does not answer keeps nobody from extracting what is known: the campaign runs, then the tick fails.
 * @throws ApplicationFailure `TickIncomplete` with the reasons; the next tick takes up what was left.
 */
export async function tick(input: TickInput): Promise<TickReport> {
  const troubles: string[] = [];
  const { name } = input;
  const synced = input.sync
    ? await attempt(troubles, 'sync', () =>
        executeChild(catalogueSync, {
          ...CHILD,
          workflowId: syncId(name),
          args: [input.sync!],
          staticSummary: escapeMarkdown(`scenes for ${name}`),
        }),
      )
    : null;
  const done = await attempt(troubles, 'campaign', () => extract(input));
  const report: TickReport = {
    entered: synced?.entered ?? null,
    ended: done?.ended ?? null,
    gaps: synced?.gaps ?? [],
  };
  setCurrentDetails(JSON.stringify(report));
  if (troubles.length > 0)
    throw ApplicationFailure.nonRetryable(troubles.join('; '), 'TickIncomplete', report);
  return report;
}

/** Most ticks find nothing to extract: they start no campaign. */
async function extract({ name, campaign: request }: TickInput): Promise<Pick<Progress, 'ended'>> {
  const { scenes } = await catalogue('scenes that wait', COUNTING_TIMEOUT).prepareCampaign(
    checkCampaignInput(request),
  );
  if (scenes === 0) return { ended: {} };
  return await executeChild(campaign, {
    ...CHILD,
    workflowId: campaignId(name),
    args: [request],
    staticSummary: escapeMarkdown(`${request.card} of ${name}`),
  });
}

/** Null where it failed, which is added to the troubles, or where the same runs already, which is none. */
async function attempt<T>(troubles: string[], what: string, run: () => Promise<T>): Promise<T | null> {
  try {
    return await run();
  } catch (error) {
    if (isCancellation(error)) throw error;
    if (!(error instanceof WorkflowExecutionAlreadyStartedError))
      troubles.push(`${what}: ${rootCause(error).message}`);
    return null;
  }
}
