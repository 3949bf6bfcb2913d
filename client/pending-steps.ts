/** What Temporal knows of the steps that workflows wait for: asked of the server, beside the workflows themselves. */
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import type { PendingStep } from '../activities/dependencies.js';

/** A scene has a handful of steps under way, and a campaign some hundred scenes: more are of no use to people. */
const MOST_WORKFLOWS = 100;

/** Steps that were scheduled and have not ended; of workflows that have ended there are none. */
export async function pendingSteps(client: Client, workflowIds: readonly string[]): Promise<PendingStep[]> {
  const found = await Promise.all(
    workflowIds.slice(0, MOST_WORKFLOWS).map((workflowId) => stepsOf(client, workflowId)),
  );
  return found.flat();
}

async function stepsOf(client: Client, workflowId: string): Promise<PendingStep[]> {
  try {
    const { raw } = await client.workflow.getHandle(workflowId).describe();
    return (raw.pendingActivities ?? []).map((step) => ({
      workflowId,
      step: step.activityType?.name ?? '',
      queue: step.activityOptions?.taskQueue?.name ?? undefined,
      startedAt: seconds(step.lastStartedTime),
      scheduledAt: seconds(step.scheduledTime),
      // temporal.api.enums.v1.PendingActivityState: 1 is scheduled.
      isWaiting: Number(step.state) === 1,
      attempt: step.attempt ?? 1,
      failure: step.lastFailure?.message ?? undefined,
    }));
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return [];
    throw error;
  }
}

function seconds(time: { seconds?: unknown } | null | undefined): number | undefined {
  const value = Number(time?.seconds ?? 0);
  return value > 0 ? value : undefined;
}
