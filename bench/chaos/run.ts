/** One chaos run: an undisturbed campaign, then one under faults, and what can be said of both. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import type pg from 'pg';
import { resolveConnection } from '../../database/session/connection.js';
import { openPool } from '../../database/session/pool.js';
import { asJson, dbConfig, writePrivately } from '../../demo/config-files.js';
import { random } from '../../demo/season/random.js';
import { median } from '../report.js';
import { type Audited, auditAll } from './audited.js';
import { Barrage, type BarrageOptions, type Struck } from './barrage.js';
import { Campaigns, type Run, tablesOf } from './campaigns.js';
import { compare, type Comparison } from './compare.js';
import { type Card, CARDS, ChaosSeason } from './season.js';
import { SecretHunt } from './secrets.js';
import { Servers } from './servers.js';
import { Supply } from './supply.js';
import { measureCalm } from './undisturbed.js';
import { Watch } from './watch.js';
import { WorkerProcess } from './worker-process.js';

export interface ChaosOptions extends BarrageOptions {
  readonly folder: string;
  /** Scenes at least; more are added while faults are left. */
  readonly scenes: number;
  /** So many of each card at least wait to be done as long as faults are left. */
  readonly enough?: number;
  /** Painted scenes of each card; all others are copies of them. */
  readonly originals: Readonly<Record<Card, number>>;
}

/** Times in seconds. */
export interface ChaosResult {
  readonly seed: number;
  readonly faults: readonly Struck[];
  /** The same measure without any fault: how long scenes in hand take to get on. */
  readonly calm: readonly number[];
  readonly comparisons: readonly Comparison[];
  readonly audited: Audited;
  /** Promises broken, in words. */
  readonly broken: readonly string[];
  readonly leaks: readonly string[];
  readonly looked: SecretHunt['looked'];
  /** From the last recovery until every campaign had ended. */
  readonly ending: number;
  readonly seconds: number;
}

const ENOUGH_SCENES = 6;
const CAMPAIGN_END_MS = 1_200_000;

export async function runChaos(options: ChaosOptions): Promise<ChaosResult> {
  const run = new ChaosRun(options);
  try {
    return await run.perform();
  } finally {
    await run.end();
  }
}

class ChaosRun {
  private readonly brokenPromises: string[] = [];
  private readonly began = Date.now();
  private readonly closers: (() => Promise<unknown> | undefined)[] = [];

  constructor(private readonly options: ChaosOptions) {}

  async perform(): Promise<ChaosResult> {
    const { folder, say, seed } = this.options;
    const root = join(folder, 'servers');
    await rm(root, { recursive: true, force: true });
    // PostgreSQL may run as another user than ours.
    await mkdir(root, { recursive: true, mode: 0o711 });
    const servers = await Servers.start(root);
    this.closers.push(() => servers.stop());
    const painted = join(folder, 'painted');
    const season = await ChaosSeason.make(painted, servers.bucketFolder, this.options.originals);
    say('season painted');
    const pool = openPool(resolveConnection({}, { DATABASE_URL: servers.databaseUrl }), {
      onIdleError: nothing,
    });
    this.closers.push(() => pool.end());
    await season.load(
      pool,
      CARDS.map((card) => tablesOf('calm', card)),
      CARDS.map((card) => tablesOf('chaos', card)),
    );
    const connection = Connection.lazy({ address: servers.temporalAddress });
    this.closers.push(() => connection.close());
    const client = new Client({ connection });
    const hunt = new SecretHunt(servers.secrets);
    const workers = await this.startWorkers(servers, season.aoi);
    await hunt.searchTitles();

    const calm = await this.runCalm(pool, client, season);
    say(`undisturbed: scenes get on within ${median(calm).toFixed(1)} s (median)`);
    const { struck, ending } = await this.runDisturbed(pool, client, season, servers, workers);
    say(`campaigns ended ${ending.toFixed(0)} s after the last recovery`);
    await hunt.searchTitles();
    await hunt.searchHistories(client);
    await hunt.searchAnswers(client);
    await hunt.searchTables(pool);
    for (const { deaths } of workers) this.brokenPromises.push(...deaths);
    await Promise.all(workers.map((worker) => worker.stop()));
    await hunt.searchFolder(servers.logs);
    await hunt.searchFolder(servers.temporalFolder);
    return {
      seed,
      faults: struck,
      calm,
      comparisons: await compare(pool),
      audited: await auditAll(pool, client),
      broken: this.brokenPromises,
      leaks: [...hunt.leaks],
      looked: hunt.looked,
      ending,
      seconds: (Date.now() - this.began) / 1000,
    };
  }

  /** Ends what was started, the last first. */
  async end(): Promise<void> {
    for (const close of this.closers.reverse()) await close()?.catch(nothing);
  }

  private async startWorkers(servers: Servers, aoi: string): Promise<WorkerProcess[]> {
    const { folder, say } = this.options;
    const files = { dbConfig: join(folder, 'db_config.json'), s3Config: join(folder, 's3_config.json') };
    const period = { start: '2024-01-01', end: '2099-12-31' };
    const config = dbConfig(servers.connection, tablesOf('chaos', 's2'), { aoi, ...period });
    await writePrivately(files.dbConfig, asJson(config));
    await writePrivately(files.s3Config, asJson(servers.storeConfig));
    const workers: WorkerProcess[] = [];
    for (const name of ['worker-1', 'worker-2']) {
      const scratch = join(folder, name);
      await rm(scratch, { recursive: true, force: true });
      await mkdir(scratch, { recursive: true });
      const log = join(servers.logs, `${name}.log`);
      const env = { TEMPORAL_ADDRESS: servers.temporalAddress, TEMPORAL_NAMESPACE: 'default' };
      const worker = new WorkerProcess({ name, scratch, log, env, ...files });
      this.closers.push(async () => {
        await worker.kill();
        await worker.unmountScratch();
      });
      if (!(await worker.mountScratch())) say(`${name} has no disk of its own: only root can mount one`);
      workers.push(worker);
    }
    await Promise.all(workers.map((worker) => worker.start()));
    return workers;
  }

  private async runCalm(pool: pg.Pool, client: Client, season: ChaosSeason): Promise<number[]> {
    const campaigns = new Campaigns(client, 'calm', season.aoi);
    const watch = this.watch(pool, 'calm');
    await campaigns.startAll();
    const times = await measureCalm(
      watch,
      this.untilEnded(campaigns),
      random(this.options.seed, 'undisturbed'),
    );
    await watch.stop();
    return times;
  }

  private async runDisturbed(
    pool: pg.Pool,
    client: Client,
    season: ChaosSeason,
    servers: Servers,
    workers: readonly WorkerProcess[],
  ): Promise<{ struck: Struck[]; ending: number }> {
    const campaigns = new Campaigns(client, 'chaos', season.aoi);
    const watch = this.watch(pool, 'chaos');
    const broken = (what: string): void => {
      this.brokenPromises.push(what);
      this.options.say(`BROKEN: ${what}`);
    };
    const supply = new Supply(pool, season, campaigns, this.options.enough ?? ENOUGH_SCENES, broken);
    await supply.start(this.options.scenes);
    const struck = await new Barrage({ servers, workers, campaigns, watch, broken }, this.options).run();
    const over = Date.now();
    await supply.stop();
    await this.untilEnded(campaigns);
    await watch.stop();
    return { struck, ending: (Date.now() - over) / 1000 };
  }

  /** Every campaign must come to its end, and to a good one, without anybody's help. */
  private async untilEnded(campaigns: Campaigns): Promise<void> {
    const end = Date.now() + CAMPAIGN_END_MS;
    for (const card of CARDS) {
      for (;;) {
        const status = await campaigns.status(card);
        if (status === 'COMPLETED') break;
        if (status !== 'RUNNING') {
          this.brokenPromises.push(`campaign ${card} ended as ${status}: ${await campaigns.whyFailed(card)}`);
          break;
        }
        if (Date.now() > end) {
          this.brokenPromises.push(`campaign ${card} has not ended after ${CAMPAIGN_END_MS / 1000} s`);
          break;
        }
        await sleep(300);
      }
    }
  }

  private watch(pool: pg.Pool, run: Run): Watch {
    const watch = new Watch(pool, `season.${run}_catalogue`);
    watch.start();
    this.closers.push(() => watch.stop());
    return watch;
  }
}

function nothing(): void {
  // Told by what follows from it.
}
