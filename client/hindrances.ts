/** What a running campaign tries again, and why, and what it waits for. Temporal does so in silence; a person should know. */
import type { WorkflowExecutionDescription, WorkflowHandle } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';

export interface Retry {
  /** The workflow: a scene's, or the campaign's own. */
  readonly workflowId: string;
  /** The activity type: stage, extractChunk, ... */
  readonly step: string;
  readonly attempt: number;
  /** What the last attempt failed with. */
  readonly reason: string;
}

export interface Hindrances {
  /** Steps of the campaign and of its scenes in flight that have failed and will be tried again. */
  readonly retries: readonly Retry[];
  /** Scenes whose download waits for the store's quota. */
  readonly waiting: number;
}

export async function hindrancesOf(campaign: WorkflowHandle): Promise<Hindrances> {
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
  const known = [description, ...descriptions].filter((one) => one !== undefined);
  return { retries: known.flatMap(failing), waiting: known.filter(waitsForQuota).length };
}

/** As the last heartbeat of its download says (activities/stage.ts). */
function waitsForQuota({ raw }: WorkflowExecutionDescription): boolean {
  return (raw.pendingActivities ?? []).some(({ heartbeatDetails }) => {
    const [payload] = heartbeatDetails?.payloads ?? [];
    if (!payload) return false;
    const details = defaultPayloadConverter.fromPayload<unknown>(payload);
    return typeof details === 'object' && details !== null && 'waiting' in details;
  });
}

function failing({ workflowId, raw }: WorkflowExecutionDescription): Retry[] {
  return (raw.pendingActivities ?? []).flatMap(({ activityType, attempt, lastFailure }) =>
    lastFailure?.message
      ? [{ workflowId, step: activityType?.name ?? '', attempt: attempt ?? 0, reason: lastFailure.message }]
      : [],
  );
}

/**
 * Those of the retries that were not told of yet, each scene's once however many of its chunks fail alike.
 * @param told steps and reasons told before; those found now are added.
 */
export function untold(retries: readonly Retry[], told: Set<string>): Retry[] {
  const keyOf = ({ step, reason }: Retry): string => `${step} ${reason}`;
  const fresh = new Map<string, Retry>();
  for (const retry of retries)
    if (!told.has(keyOf(retry))) fresh.set(`${retry.workflowId} ${keyOf(retry)}`, retry);
  for (const retry of fresh.values()) told.add(keyOf(retry));
  return [...fresh.values()];
}

export function describeRetry({ workflowId, step, attempt, reason }: Retry): string {
  return `${workflowId}: ${step} failed and is tried again (attempt ${attempt}): ${reason}`;
}
