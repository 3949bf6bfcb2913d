/** The workflow of one scene: its life (scene-life.ts) by activities. */
import { ApplicationFailure, CancellationScope, isCancellation, workflowInfo } from '@temporalio/workflow';
import type { Order, SceneRef } from '../campaigns/order.js';
import { SceneBoard } from './scene-board.js';
import { SceneLife, type SceneOutcome, type Surroundings } from './scene-life.js';
import { sceneSteps } from './scene-steps.js';

export interface SceneInput {
  readonly order: Order;
  readonly scene: SceneRef;
  readonly campaign: string;
  /** Whether the server knows our search attributes. */
  readonly searchAttributes: boolean;
  /** Seconds without a sign of life after which a host counts as gone. */
  readonly hostSilenceSeconds: number;
}

/** @throws ApplicationFailure `GivenBack`, or `Misconfigured` where no scene fares better until a person acts. */
export async function scene(input: SceneInput): Promise<SceneOutcome> {
  const { workflowId, firstExecutionRunId } = workflowInfo();
  const { order, scene, campaign } = input;
  const board = new SceneBoard(scene, order, input.searchAttributes);
  const life = new SceneLife(sceneSteps(board, input.hostSilenceSeconds), board, WITHIN_TEMPORAL);
  const owner = { workflowId, runId: firstExecutionRunId };
  const end = await life.live({ order, scene, campaign, owner });
  if (!('givenBack' in end)) return end;
  throw end.stopsCampaign
    ? ApplicationFailure.nonRetryable(end.givenBack, 'Misconfigured')
    : ApplicationFailure.nonRetryable(`given back to ingested: ${end.givenBack}`, 'GivenBack');
}

const WITHIN_TEMPORAL: Surroundings = {
  hasHosts: true,
  isCancellation,
  shielded: (work) => CancellationScope.nonCancellable(work),
  sideBySide: (count, lane) =>
    CancellationScope.cancellable(async () => {
      const lanes = Array.from({ length: count }, lane);
      try {
        await Promise.all(lanes);
      } catch (error) {
        CancellationScope.current().cancel();
        await Promise.allSettled(lanes);
        throw error;
      }
    }),
};
