/** The three campaigns of a run, one a CARD type, and the person who looks after them: nobody, unless a fault calls for one. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, WorkflowHandle } from '@temporalio/client';
import type { Tables } from '../../database/terms.js';
import type { campaign } from '../../workflows/campaign.js';
import { ORCHESTRATOR_QUEUE, campaignId, sceneId } from '../../workflows/ids.js';
import { type Card, CARDS } from './season.js';

/** Small chunks, so that there is much to lose. */
const CHUNK_PARCELS = 300;
const HOST_SILENCE_SECONDS = 10;
const LOOK_MS = 500;

export type Run = 'calm' | 'chaos';

/** One catalogue a run, one results table a CARD type. */
export function tablesOf(run: Run, card: Card): Tables {
  return {
    catalogue: `season.${run}_catalogue`,
    aois: 'season.aois',
    parcels: 'season.parcels',
    results: `season.${run}_${card}`,
    ...(card === 's2' && { hists: `season.${run}_hists` }),
  };
}

export class Campaigns {
  constructor(
    private readonly client: Client,
    private readonly run: Run,
    private readonly aoi: string,
  ) {}

  handle(card: Card): WorkflowHandle<typeof campaign> {
    return this.client.workflow.getHandle<typeof campaign>(campaignId(`${this.run}-${card}`));
  }

  async startAll(): Promise<void> {
    for (const card of CARDS) await this.start(card);
  }

  /** Starts a campaign, however long Temporal takes to answer. */
  async start(card: Card): Promise<void> {
    await persistently(async () => {
      await this.client.workflow.start<typeof campaign>('campaign', {
        workflowId: campaignId(`${this.run}-${card}`),
        taskQueue: ORCHESTRATOR_QUEUE,
        workflowIdConflictPolicy: 'USE_EXISTING',
        args: [
          {
            card,
            tables: tablesOf(this.run, card),
            aoi: { field: 'name', name: this.aoi },
            period: { start: '2024-01-01', end: '2099-12-31' },
            chunkParcels: CHUNK_PARCELS,
            concurrency: 4,
            hostSilenceSeconds: HOST_SILENCE_SECONDS,
          },
        ],
      });
    });
  }

  async terminate(card: Card): Promise<void> {
    await persistently(() => ignoreClosed(this.handle(card).terminate('chaos')));
  }

  /** Cancels and waits until the campaign has given everything back. */
  async cancel(card: Card): Promise<void> {
    await persistently(() => ignoreClosed(this.handle(card).cancel()));
    while ((await this.status(card)) === 'RUNNING') await sleep(LOOK_MS);
  }

  /** Ends a scene's workflow without asking it. */
  async terminateScene(card: Card, obsid: number): Promise<void> {
    const id = sceneId(tablesOf(this.run, card).results, obsid);
    await persistently(() => ignoreClosed(this.client.workflow.getHandle(id).terminate('chaos')));
  }

  async status(card: Card): Promise<string> {
    return await persistently(async () => (await this.handle(card).describe()).status.name);
  }

  /** Why a campaign that failed says that it did. */
  async whyFailed(card: Card): Promise<string> {
    return await persistently(() =>
      this.handle(card)
        .result()
        .then(
          () => '',
          (error: unknown) => messages(error),
        ),
    );
  }
}

/** Tries again until Temporal answers. */
async function persistently<T>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!/unavailable|deadline|timeout|dropped|reset|refused|connect|Failed to/i.test(messages(error)))
        throw error;
      await sleep(LOOK_MS);
    }
  }
}

async function ignoreClosed(ask: Promise<unknown>): Promise<void> {
  await ask.catch((error: unknown) => {
    if (!/already completed|not found/i.test(messages(error))) throw error;
  });
}

/** The messages of an error and of all that caused it. */
export function messages(error: unknown): string {
  const parts: string[] = [];
  for (let at: unknown = error; at instanceof Error; at = at.cause) parts.push(at.message);
  return parts.length > 0 ? parts.join(': ') : String(error);
}
