/**
 * The demo: the whole job on a made-up season, with servers of its own unless real ones are configured.
 *
 * Terms. *Season*: made-up scenes and parcels of a year, the same from the same seed. *Account*: what the demo tells at its
 * end, from the database. *Configured*: a server of the user's, in place of one of the stack.
 */
import { mkdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { readDbConfig } from '../database/selection/config.js';
import { openPool } from '../database/session/pool.js';
import { followCampaign, startCampaign, withTemporal } from '../client/index.js';
import { ProgressBar } from '../terminal/progress-bar.js';
import { duration } from '../terminal/duration.js';
import { campaignId, sceneId } from '../workflows/ids.js';
import type { Progress } from '../workflows/messages.js';
import { account, type CampaignAccount } from './account.js';
import { addressesOf, type ConfigFiles, configuredParts } from './configured.js';
import {
  CARDS,
  type Card,
  demoCampaign,
  type DemoPlace,
  periodOf,
  preparePlace,
  tablesOf,
} from './demo-place.js';
import { startDemoWorker } from './demo-worker.js';
import { endLeftOverRuns } from './left-over-runs.js';
import { addScenes, loadSeason } from './season/load-season.js';
import { makeSeason } from './season/season.js';
import { type World, world } from './season/world.js';
import { type Report, reportTo, type Stack, startStack } from '../stack/stack.js';
import { USUAL_TEMPORAL } from '../stack/temporal.js';
import type { Server } from '../stack/server.js';
import { uploadSeason } from './upload-season.js';

export interface DemoOptions extends ConfigFiles {
  /** The stack's folder. */
  readonly folder: string;
  readonly seed: number;
  /** Leave servers and worker running at the end. */
  readonly keep: boolean;
  readonly signal: AbortSignal;
}

/**
 * Runs the demo, tells of it on standard error, and returns its account for people. Servers and worker end with it,
 * unless they are to be kept or an earlier run has kept them.
 * @throws the signal's reason when it aborts; what was started is stopped then too.
 */
export async function runDemo(options: DemoOptions): Promise<string> {
  const { folder, signal } = options;
  const report = timed(reportTo(process.stderr));
  const began = Date.now();
  const season = world(options.seed);
  const { first, later } = parted(season, options.keep);
  const configured = configuredParts(options, process.env);
  await mkdir(folder, { recursive: true });
  const stack = await startStack({
    root: folder,
    report,
    webUi: true,
    configured: addressesOf(configured),
    signal,
  });
  const kept = options.keep || stack.owner === undefined;
  const show = new Show(options, first, report);
  let performing: Promise<CampaignAccount[]> | undefined;
  let left = false;
  try {
    report(`servers: PostgreSQL, Temporal at ${stack.temporal.address}, S3 at ${stack.s3.endpoint}`);
    const place = await preparePlace(folder, stack, configured, season);
    performing = show.perform(place);
    const campaigns = await Promise.race([performing, rejection(signal), show.workerEnded]);
    const text = await withPool(place, (pool) =>
      account(pool, first, campaigns, (Date.now() - began) / 1000),
    );
    if (later.length > 0) await withPool(place, (pool) => addScenes(pool, later, tablesOf('s2')));
    if (kept) await stack.leave(show.worker ? [show.worker] : []);
    left = kept;
    return `${text}\n${farewell(stack, place, kept, later.length)}`;
  } finally {
    if (!left) {
      if (signal.aborted) report('stopping');
      // The campaign under way is ended while its server still runs.
      await Promise.race([performing?.catch(() => undefined), sleep(ENDING_MS, undefined, { ref: false })]);
      await show.worker?.stop();
      await stack.stop();
      report('all that was started is stopped');
    }
  }
}

/** So many Sentinel-2 scenes arrive only when a demo that is kept is over: something is left to be extracted by hand. */
const LATECOMERS = 2;

function parted(season: World, keep: boolean): { first: World; later: World['scenes'] } {
  const later = keep ? season.scenes.filter(({ card }) => card === 's2').slice(-LATECOMERS) : [];
  return { first: { ...season, scenes: season.scenes.filter((scene) => !later.includes(scene)) }, later };
}

/** So long a stopped demo waits for its workflows to be ended. */
const ENDING_MS = 5_000;

/** From empty tables to results. */
class Show {
  worker: Server | undefined;
  /** Rejects when the worker ends before it is stopped. */
  readonly workerEnded: Promise<never>;
  private tellWorkerEnded: (error: Error) => void = () => undefined;

  constructor(
    private readonly options: DemoOptions,
    private readonly season: World,
    private readonly report: Report,
  ) {
    this.workerEnded = new Promise((_, reject) => {
      this.tellWorkerEnded = reject;
    });
    this.workerEnded.catch(() => undefined);
  }

  async perform(place: DemoPlace): Promise<CampaignAccount[]> {
    return await withTemporal(async ({ client }) => {
      await endLeftOverRuns(client, CARDS.flatMap(runsOf));
      await Promise.all([this.load(place), this.startWorker(place)]);
      const campaigns: CampaignAccount[] = [];
      try {
        for (const card of CARDS) campaigns.push(await this.runCampaign(client, card));
      } finally {
        // Nobody would go on with them once our worker is gone.
        await endLeftOverRuns(client, CARDS.flatMap(runsOf));
      }
      return campaigns;
    }, place.env);
  }

  private async load(place: DemoPlace): Promise<void> {
    const { seed, signal } = this.options;
    const made = await makeSeason({
      folder: place.season,
      seed,
      signal,
      report: ({ done, total }) => {
        this.report(`making the season: ${done} of ${total} scenes`, 'passing');
      },
    });
    const size = `${made.scenes.length} scenes, ${(made.bytes / 1e6).toFixed(0)} MB`;
    this.report(`season ${seed}: ${size}${made.reused ? ', made by an earlier run' : ''}`);
    if (place.upload) {
      await uploadSeason(
        place.season,
        place.upload,
        (progress) => {
          this.report(`uploading: ${progress.done} of ${progress.total} objects`, 'passing');
        },
        signal,
      );
      this.report(`uploaded to the bucket ${place.upload.bucket}`);
    }
    await withPool(place, (pool) => loadSeason(pool, this.season, CARDS.map(tablesOf)));
    this.report(
      `catalogue: ${this.season.scenes.length} scenes ingested, ${made.parcels.length.toLocaleString('en')} parcels`,
    );
  }

  private async startWorker(place: DemoPlace): Promise<void> {
    this.worker = await startDemoWorker(place, this.report);
    this.report(`worker: process ${this.worker.record.pid}`);
    void this.worker.ended.then((how) => {
      this.tellWorkerEnded(new Error(`the worker has ended (${how}); its log is in ${place.logs}`));
    });
  }

  private async runCampaign(client: Client, card: Card): Promise<CampaignAccount> {
    const { signal } = this.options;
    const began = Date.now();
    const name = demoCampaign(card);
    const handle = await startCampaign(client, name, {
      card,
      tables: tablesOf(card),
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

function farewell({ temporal }: Stack, place: DemoPlace, kept: boolean, waiting: number): string {
  const web = temporal.uiAddress;
  if (!kept) {
    const ui = web === undefined ? '' : ` Temporal's Web UI is then at ${web}.`;
    return `"npm run demo -- --keep" leaves it running to look around.${ui}\n`;
  }
  const db = `--db-config ${place.dbConfig}`;
  const lines = [
    'Servers and worker run on. Look around:',
    '',
    ...(web === undefined ? [] : [`  ${web}`]),
    ...(temporal.address === USUAL_TEMPORAL ? [] : [`  export TEMPORAL_ADDRESS=${temporal.address}`]),
    `  npx parcelwise campaign status ${demoCampaign('s2')}`,
    `  npx parcelwise scene show 3 ${db}`,
    `  npx parcelwise doctor ${db} --s3-config ${place.s3Config}`,
    '',
    ...(waiting === 0
      ? []
      : [
          `${waiting} more Sentinel-2 scenes have arrived. Extract them:`,
          '',
          `  npx parcelwise campaign run --card s2 ${db}`,
          '',
        ]),
    'and stop it all with: npx parcelwise down',
    '',
  ];
  return lines.join('\n');
}

async function withPool<T>(
  place: DemoPlace,
  use: (pool: ReturnType<typeof openPool>) => Promise<T>,
): Promise<T> {
  const pool = openPool(readDbConfig(place.dbConfig, process.env).connection, { max: 4 });
  try {
    return await use(pool);
  } finally {
    await pool.end();
  }
}

/** Each line with the seconds since the beginning. */
function timed(report: Report): Report {
  const began = Date.now();
  return (line, passing) => {
    report(`${duration((Date.now() - began) / 1000).padStart(8)}  ${line}`, passing);
  };
}

function rejection(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const leave = (): void => {
      reject(signal.reason as Error);
    };
    if (signal.aborted) leave();
    else signal.addEventListener('abort', leave, { once: true });
  });
}
