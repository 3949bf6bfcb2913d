/** The scenes a campaign has started and not seen the end of: their workflows, and what each came to. */
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  ApplicationFailure,
  ChildWorkflowCancellationType,
  condition,
  ParentClosePolicy,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import type { PreparedCampaign } from '../activities/contract.js';
import type { SceneRef } from '../campaigns/order.js';
import {
  type CampaignState,
  recordOutcome,
  recordRelease,
  recordSkip,
  recordStart,
} from './campaign-state.js';
import { rootCause } from './failures.js';
import { CAMPAIGN_ATTRIBUTE, CARD_ATTRIBUTE, PHASE_ATTRIBUTE, sceneId } from './ids.js';
import { escapeMarkdown } from './markdown.js';
import type { OpenScene } from './messages.js';
import { scene } from './scene.js';
import { FIRST_PHASE } from './scene-board.js';

export class ScenesInFlight {
  private readonly open = new Map<number, SceneRef>();
  /** What the first scene said that failed of something no scene can escape: a refused password, a missing table. */
  misconfigured: string | undefined;

  /** @param onChange called when a scene was started or has ended. */
  constructor(
    private readonly state: CampaignState,
    private readonly hostSilenceSeconds: number,
    private readonly onChange: () => void,
  ) {}

  get count(): number {
    return this.open.size;
  }

  get scenes(): OpenScene[] {
    return [...this.open.values()].map(({ obsid, reference }) => ({ obsid, reference }));
  }

  /** Resolves when every one has ended. */
  async ended(): Promise<void> {
    await condition(() => this.open.size === 0);
  }

  async start({ order, searchAttributes }: PreparedCampaign, next: SceneRef): Promise<void> {
    const { workflowId: campaign } = workflowInfo();
    const { hostSilenceSeconds } = this;
    this.open.set(next.obsid, next);
    try {
      const child = await startChild(scene, {
        workflowId: sceneId(order.tables.results, next.obsid),
        args: [{ order, scene: next, campaign, searchAttributes, hostSilenceSeconds }],
        // Closing a campaign by force still asks its scenes to give their claims back.
        parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
        cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
        staticSummary: escapeMarkdown(`${next.obsid} ${next.reference}`),
        ...(searchAttributes && {
          typedSearchAttributes: [
            { key: CAMPAIGN_ATTRIBUTE, value: campaign },
            { key: CARD_ATTRIBUTE, value: order.card },
            { key: PHASE_ATTRIBUTE, value: FIRST_PHASE },
          ],
        }),
      });
      recordStart(this.state, next);
      void this.follow(next, child.result());
    } catch (error) {
      this.open.delete(next.obsid);
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      recordSkip(this.state, next, 'another campaign has it in hand');
    }
    this.onChange();
  }

  private async follow(started: SceneRef, result: ReturnType<typeof scene>): Promise<void> {
    try {
      recordOutcome(this.state, started, await result);
    } catch (error) {
      const cause = rootCause(error);
      recordRelease(this.state, started, cause.message);
      if (cause instanceof ApplicationFailure && cause.type === 'Misconfigured')
        this.misconfigured ??= cause.message;
    } finally {
      this.open.delete(started.obsid);
      this.onChange();
    }
  }
}
