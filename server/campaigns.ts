/** Campaigns, as the Temporal server tells of them, over one connection that is made when it is first wanted. */
import type { WorkflowExecutionInfo } from '@temporalio/client';
import {
  campaignName,
  campaignOf,
  connectTemporal,
  describe,
  describeCampaign,
  type Ending,
  endingOf,
  type Environment,
  type Progress,
  progressOf,
  type TemporalConnection,
  UserError,
} from '../client/index.js';

/** Times are UTC, ISO 8601. */
export interface ListedCampaign extends Ending {
  readonly name: string;
  readonly startedAt: string;
  readonly closedAt: string | null;
}

export interface DescribedCampaign extends ListedCampaign {
  /** Null where no worker answers. */
  readonly progress: Progress | null;
  /** Why there is no progress. */
  readonly unanswered: string | null;
}

/** The server can't be asked; why is for whoever runs it. */
export class CampaignsAway extends Error {
  override readonly name = 'CampaignsAway';
}

/** A server that is silent for longer is away. */
const ANSWER_MS = 5_000;
/** Long enough for a worker, which is waited for, and for the server. */
const DESCRIBED_MS = 15_000;

/** The last run of a campaign stands for those that went before it. */
const LAST_RUNS = `WorkflowType = 'campaign' AND ExecutionStatus != 'ContinuedAsNew'`;

export class Campaigns {
  private connecting: Promise<TemporalConnection> | undefined;

  constructor(private readonly env: Environment) {}

  /** Those that Temporal has kept, so many at most. @throws CampaignsAway */
  list(most: number, signal: AbortSignal): Promise<ListedCampaign[]> {
    return this.asking(ANSWER_MS, signal, async ({ client }) => {
      const listed: ListedCampaign[] = [];
      for await (const execution of client.workflow.list({ query: LAST_RUNS, pageSize: most })) {
        listed.push({ ...shown(execution), standing: execution.status.name });
        if (listed.length === most) break;
      }
      return listed;
    });
  }

  /** @returns undefined where there is no campaign of that name. @throws CampaignsAway */
  find(name: string, signal: AbortSignal): Promise<DescribedCampaign | undefined> {
    return this.asking(DESCRIBED_MS, signal, async ({ client }) => {
      const handle = campaignOf(client, name);
      const execution = await orUndefined(describeCampaign(handle));
      if (execution === undefined) return undefined;
      const ending = await endingOf(handle, execution.status.name);
      let unanswered: string | null = null;
      const progress = await progressOf(handle).catch((error: unknown) => {
        unanswered = describe(error);
        return null;
      });
      return { ...shown(execution), ...ending, progress, unanswered };
    });
  }

  async close(): Promise<void> {
    const connected = await this.connecting?.catch(() => undefined);
    await connected?.connection.close();
  }

  private async asking<Answer>(
    ms: number,
    signal: AbortSignal,
    ask: (temporal: TemporalConnection) => Promise<Answer>,
  ): Promise<Answer> {
    try {
      const temporal = await this.connected();
      const until = AbortSignal.any([signal, AbortSignal.timeout(ms)]);
      return await temporal.client.withAbortSignal(until, () => ask(temporal));
    } catch (error) {
      signal.throwIfAborted();
      throw new CampaignsAway(describe(error), { cause: error });
    }
  }

  /** Whoever asks meanwhile waits for the same attempt; the next one after a failed one tries again. */
  private async connected(): Promise<TemporalConnection> {
    const connecting = (this.connecting ??= connectTemporal(this.env));
    try {
      return await connecting;
    } catch (error) {
      if (this.connecting === connecting) this.connecting = undefined;
      throw error;
    }
  }
}

async function orUndefined<Found>(found: Promise<Found>): Promise<Found | undefined> {
  try {
    return await found;
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

function shown({
  workflowId,
  startTime,
  closeTime,
}: Pick<WorkflowExecutionInfo, 'workflowId' | 'startTime' | 'closeTime'>): Omit<ListedCampaign, 'standing'> {
  return {
    name: campaignName(workflowId),
    startedAt: startTime.toISOString(),
    closedAt: closeTime?.toISOString() ?? null,
  };
}
