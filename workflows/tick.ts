/** A tick of a schedule: the catalogue is synced, then a campaign extracts what is ingested, where anything is. */
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  ApplicationFailure,
  ChildWorkflowCancellationType,
  condition,
  executeChild,
  isCancellation,
  ParentClosePolicy,
  patched,
  setCurrentDetails,
  startChild,
} from '@temporalio/workflow';
import type { CampaignInput } from '../campaigns/options.js';
import type { SyncInput } from '../campaigns/sync-options.js';
import { onDatabase, COUNTING_TIMEOUT } from './calls.js';
import { campaign } from './campaign.js';
import { checkCampaignInput } from './campaign-input.js';
import { catalogueSync } from './catalogue-sync.js';
import { rootCause } from './failures.js';
import { campaignId, syncId } from './ids.js';
import { escapeMarkdown } from './markdown.js';
import type { Progress } from './messages.js';
import type { SyncReport } from './sync-state.js';

export interface TickInput {
  /** The schedule's name: its sync is `sync/<name>`, its campaign `campaign/<name>`. */
  readonly name: string;
  /** Left out where somebody else enters the scenes. */
  readonly sync?: SyncInput;
  /** Minutes after which the campaign no longer waits for the sync, 15 where it is left out. */
  readonly syncWaitMinutes?: number;
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
  const synced = input.sync ? await attempt(troubles, 'sync', () => sync(input, input.sync!)) : null;
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

const SYNC_WAIT_MINUTES = 15;

/**
 * Waits for a sync, but not for ever: a source may hang. The sync then goes on by itself, and the next tick finds it
 * running.
 */
async function sync({ name, syncWaitMinutes }: TickInput, input: SyncInput): Promise<SyncReport> {
  const options = {
    ...CHILD,
    workflowId: syncId(name),
    args: [input] as [SyncInput],
    staticSummary: escapeMarkdown(`scenes for ${name}`),
  };
  if (!patched('sync-is-waited-for-so-long')) return await executeChild(catalogueSync, options);
  const minutes = isMinutes(syncWaitMinutes) ? syncWaitMinutes : SYNC_WAIT_MINUTES;
  const child = await startChild(catalogueSync, {
    ...options,
    parentClosePolicy: ParentClosePolicy.ABANDON,
  });
  const result = child.result();
  let ended = false;
  const end = (): void => {
    ended = true;
  };
  result.then(end, end);
  if (await condition(() => ended, minutes * 60_000)) return await result;
  throw ApplicationFailure.nonRetryable(
    `still at work after ${minutes} min; it goes on by itself, and the campaign does not wait for it`,
  );
}

const isMinutes = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value) && value > 0;

/** Most ticks find nothing to extract: they start no campaign. */
async function extract({ name, campaign: request }: TickInput): Promise<Pick<Progress, 'ended'>> {
  const { scenes } = await onDatabase('scenes that wait', COUNTING_TIMEOUT).prepareCampaign(
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
