/** What the demo shows: a season loaded, a worker started, a campaign of each CARD type run. */
import type { Client } from '@temporalio/client';
import { followCampaign, startCampaign, withTemporal } from '../client/index.js';
import type { Server } from '../stack/server.js';
import type { Report } from '../stack/stack.js';
import { ProgressBar } from '../terminal/progress-bar.js';
import { campaignId, sceneId } from '../workflows/ids.js';
import type { Progress } from '../workflows/messages.js';
import type { CampaignAccount } from './account.js';
import {
  CARDS,
  type Card,
  demoCampaign,
  type DemoSetup,
  periodOf,
  S2_BANDS,
  tablesOf,
  withPool,
} from './demo-setup.js';
import { startDemoWorker } from './demo-worker.js';
import { endLeftOverRuns } from './left-over-runs.js';
import { loadSeason } from './season/load-season.js';
import { makeSeason } from './season/season.js';
import type { World } from './season/world.js';
import { uploadSeason } from './upload-season.js';

/** From empty tables to results. */
export class Show {
  worker: Server | undefined;
  /** Rejects when the worker ends before it is stopped. */
  readonly workerEnded: Promise<never>;
  private tellWorkerEnded: (error: Error) => void = () => undefined;

  constructor(
    private readonly options: { readonly seed: number; readonly signal: AbortSignal },
    private readonly season: World,
    private readonly report: Report,
  ) {
    this.workerEnded = new Promise((_, reject) => {
      this.tellWorkerEnded = reject;
    });
    this.workerEnded.catch(() => undefined);
  }

  async perform(setup: DemoSetup): Promise<CampaignAccount[]> {
    return await withTemporal(async ({ client }) => {
      await endLeftOverRuns(client, CARDS.flatMap(runsOf));
      await Promise.all([this.load(setup), this.startWorker(setup)]);
      const campaigns: CampaignAccount[] = [];
      try {
        for (const card of CARDS) campaigns.push(await this.runCampaign(client, card));
      } finally {
        // Nobody would go on with them once our worker is gone.
        await endLeftOverRuns(client, CARDS.flatMap(runsOf));
      }
      return campaigns;
    }, setup.env);
  }

  private async load(setup: DemoSetup): Promise<void> {
    const { seed, signal } = this.options;
    const made = await makeSeason({
      folder: setup.season,
      seed,
      signal,
      report: ({ done, total }) => {
        this.report(`making the season: ${done} of ${total} scenes`, 'passing');
      },
    });
    const size = `${made.scenes.length} scenes, ${(made.bytes / 1e6).toFixed(0)} MB`;
    this.report(`season ${seed}: ${size}${made.reused ? ', made by an earlier run' : ''}`);
    if (setup.upload) {
      await uploadSeason(
        setup.season,
        setup.upload,
        (progress) => {
          this.report(`uploading: ${progress.done} of ${progress.total} objects`, 'passing');
        },
        signal,
      );
      this.report(`uploaded to the bucket ${setup.upload.bucket}`);
    }
    await withPool(setup, (pool) => loadSeason(pool, this.season, CARDS.map(tablesOf)));
    this.report(
      `catalogue: ${this.season.scenes.length} scenes ingested, ${made.parcels.length.toLocaleString('en')} parcels`,
    );
  }

  private async startWorker(setup: DemoSetup): Promise<void> {
    this.worker = await startDemoWorker(setup, this.report);
    this.report(`worker: process ${this.worker.record.pid}`);
    void this.worker.ended.then((how) => {
      this.tellWorkerEnded(new Error(`the worker has ended (${how}); its log is in ${setup.logs}`));
    });
  }

  private async runCampaign(client: Client, card: Card): Promise<CampaignAccount> {
    const { signal } = this.options;
    const began = Date.now();
    const name = demoCampaign(card);
    const handle = await startCampaign(client, name, {
      card,
      tables: tablesOf(card),
      ...(card === 's2' && { bands: S2_BANDS }),
      aoi: { field: 'name', name: this.season.aoi.name },
      period: periodOf(this.season),
    });
    const bar = new ProgressBar(process.stderr, `campaign ${card}`);
    const progress: Progress | undefined = await followCampaign(handle, bar, signal).finally(() => {
      bar.end();
    });
    if (progress === undefined) throw signal.reason;
    return { card, progress, seconds: (Date.now() - began) / 1000 };
  }
}

/** Beginnings of the ids of a campaign's workflows. */
function runsOf(card: Card): string[] {
  const scene = sceneId(tablesOf(card).results, 0);
  return [campaignId(demoCampaign(card)), scene.slice(0, scene.lastIndexOf('/') + 1)];
}
