/** What a running campaign tries again, and why. Temporal retries in silence; a person who waits should know what for. */
import type { WorkflowExecutionDescription, WorkflowHandle } from '@temporalio/client';

export interface Retry {
  /** The workflow: a scene's, or the campaign's own. */
  readonly workflowId: string;
  /** The activity type: stage, extractChunk, ... */
  readonly step: string;
  readonly attempt: number;
  /** What the last attempt failed with. */
  readonly reason: string;
}

/** Steps of the campaign and of its scenes in flight that have failed and will be tried again. */
export async function retriesOf(campaign: WorkflowHandle): Promise<Retry[]> {
  const description = await campaign.describe();
  const scenes = (description.raw.pendingChildren ?? []).flatMap(({ workflowId }) => workflowId ?? []);
  const descriptions = await Promise.all(
    // One that has just ended has nothing to retry.
    scenes.map((id) =>
      campaign.client
        .getHandle(id)
        .describe()
        .catch(() => undefined),
    ),
  );
  return [description, ...descriptions].flatMap((one) => (one === undefined ? [] : failing(one)));
}

function failing({ workflowId, raw }: WorkflowExecutionDescription): Retry[] {
  return (raw.pendingActivities ?? []).flatMap(({ activityType, attempt, lastFailure }) =>
    lastFailure?.message
      ? [{ workflowId, step: activityType?.name ?? '', attempt: attempt ?? 0, reason: lastFailure.message }]
      : [],
  );
}

export function describeRetry({ workflowId, step, attempt, reason }: Retry): string {
  return `${workflowId}: ${step} failed and is tried again (attempt ${attempt}): ${reason}`;
}
