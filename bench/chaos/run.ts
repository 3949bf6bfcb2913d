/** One chaos run: an undisturbed campaign, then one under faults, and what can be said of both. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { openPool } from '../../catalogue/pool.js';
import { resolveConnection } from '../../catalogue/connection.js';
import { asJson, dbConfig, writePrivately } from '../../demo/config-files.js';
import { random, type Random } from '../../demo/season/random.js';
import { Campaigns, type Run, tablesOf } from './campaigns.js';
import { compare, type Comparison } from './compare.js';
import { type Fault, FAULTS, type Stage } from './faults.js';
import { type Card, CARDS, ChaosSeason } from './season.js';
import { SecretHunt } from './secrets.js';
import { Servers } from './servers.js';
import { Watch } from './watch.js';
import { WorkerProcess } from './worker-process.js';

export interface ChaosOptions {
  readonly folder: string;
  readonly faults: number;
  readonly seed: number;
  /** Scenes at least; more are added while faults are left. */
  readonly scenes: number;
  /** Painted scenes of each card; all others are copies of them. */
  readonly originals: Readonly<Record<Card, number>>;
  readonly say: (line: string) => void;
}

/** A fault as it went. Times in seconds. */
export interface Struck {
  readonly name: string;
  /** Since the campaigns began. */
  readonly at: number;
  /** Scenes in hand at that moment. */
  readonly inHand: number;
  readonly lasted: number;
  /** From the fault's end until every scene that was in hand had got on; undefined where it never did. */
  readonly recovery: number | undefined;
}

export interface ChaosResult {
  readonly seed: number;
  readonly faults: readonly Struck[];
  /** The same measure without any fault: how long scenes in hand take to get on. */
  readonly calm: readonly number[];
  readonly comparisons: readonly Comparison[];
  /** Promises broken, in words. */
  readonly broken: readonly string[];
  readonly leaks: readonly string[];
  readonly looked: SecretHunt['looked'];
  readonly seconds: number;
}

/** Nothing takes so long that recovers at all. */
const RECOVERY_MS = 300_000;
const CAMPAIGN_END_MS = 1_200_000;
const CALM_MEASURES = 15;

export async function runChaos(options: ChaosOptions): Promise<ChaosResult> {
  const run = new ChaosRun(options);
  try {
    return await run.perform();
  } finally {
    await run.end();
  }
}

class ChaosRun {
  private readonly next: Random;
  private readonly broken: string[] = [];
  private readonly began = Date.now();
  private readonly closers: (() => Promise<unknown> | undefined)[] = [];

  constructor(private readonly options: ChaosOptions) {
    this.next = random(options.seed, 'chaos');
  }

  async perform(): Promise<ChaosResult> {
    const { folder, say, seed } = this.options;
    const root = join(folder, 'servers');
    await rm(root, { recursive: true, force: true });
    // PostgreSQL may run as another user than ours.
    await mkdir(root, { recursive: true, mode: 0o711 });
    const servers = await Servers.start(root);
    this.closers.push(() => servers.stop());
    const season = await ChaosSeason.make(
      join(folder, 'painted'),
      servers.bucketFolder,
      this.options.originals,
    );
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
    const faults = await this.runDisturbed(pool, client, season, servers, workers);
    await hunt.searchTitles();
    await hunt.searchHistories(client);
    await hunt.searchTables(pool);
    for (const worker of workers) this.broken.push(...worker.deaths);
    await Promise.all(workers.map((worker) => worker.stop()));
    await hunt.searchFolder(servers.logs);
    await hunt.searchFolder(servers.temporalFolder);
    const comparisons = await compare(pool);
    return {
      seed,
      faults,
      calm,
      comparisons,
      broken: this.broken,
      leaks: [...hunt.leaks],
      looked: hunt.looked,
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

  private async runCalm(pool: Pool, client: Client, season: ChaosSeason): Promise<number[]> {
    const campaigns = new Campaigns(client, 'calm', season.aoi);
    const watch = this.watch(pool, 'calm');
    await campaigns.startAll();
    const times: number[] = [];
    const isOver = this.untilEnded(campaigns);
    const calm = { over: false };
    void isOver.then(() => {
      calm.over = true;
    });
    while (!calm.over && times.length < CALM_MEASURES) {
      await sleep(this.next() * 1000);
      if (watch.inHand().length === 0) continue;
      const recovered = await watch.recovery(watch.mark(), RECOVERY_MS);
      if (recovered !== undefined) times.push(recovered / 1000);
    }
    await isOver;
    await watch.stop();
    return times;
  }

  private async runDisturbed(
    pool: Pool,
    client: Client,
    season: ChaosSeason,
    servers: Servers,
    workers: readonly WorkerProcess[],
  ): Promise<Struck[]> {
    const campaigns = new Campaigns(client, 'chaos', season.aoi);
    const watch = this.watch(pool, 'chaos');
    const broken = (what: string): void => {
      this.broken.push(what);
      this.options.say(`BROKEN: ${what}`);
    };
    const supply = new Supply(pool, season, campaigns, broken);
    await supply.fill(this.options.scenes);
    await campaigns.startAll();
    const began = Date.now();
    const stage: Stage = {
      servers,
      workers,
      campaigns,
      watch,
      next: this.next,
      broken,
    };
    const struck: Struck[] = [];
    const replenishing = supply.keepUp();
    for (const fault of deck(this.options.faults, this.next)) {
      await sleep(500 + this.next() * 3_000);
      const one = await this.strike(fault, stage, began);
      struck.push(one);
      this.options.say(describe(struck.length, one));
    }
    await supply.stop();
    await replenishing;
    await this.untilEnded(campaigns);
    await watch.stop();
    return struck;
  }

  private async strike(fault: Fault, stage: Stage, began: number): Promise<Struck> {
    const mark = stage.watch.mark();
    const from = Date.now();
    await fault.strike(stage);
    const lasted = (Date.now() - from) / 1000;
    const recovery = await stage.watch.recovery(mark, RECOVERY_MS);
    if (recovery === undefined)
      this.broken.push(`${fault.name}: scenes have not got on within ${RECOVERY_MS / 1000} s`);
    return {
      name: fault.name,
      at: (from - began) / 1000,
      inHand: mark.inHand.size,
      lasted,
      recovery: recovery === undefined ? undefined : recovery / 1000,
    };
  }

  /** Every campaign must come to its end, and to a good one, without anybody's help. */
  private async untilEnded(campaigns: Campaigns): Promise<void> {
    const end = Date.now() + CAMPAIGN_END_MS;
    for (const card of CARDS) {
      for (;;) {
        const status = await campaigns.status(card);
        if (status === 'COMPLETED') break;
        if (status !== 'RUNNING') {
          this.broken.push(`campaign ${card} ended as ${status}: ${await campaigns.whyFailed(card)}`);
          break;
        }
        if (Date.now() > end) {
          this.broken.push(`campaign ${card} has not ended after ${CAMPAIGN_END_MS / 1000} s`);
          break;
        }
        await sleep(300);
      }
    }
  }

  private watch(pool: Pool, run: Run): Watch {
    const watch = new Watch(pool, `season.${run}_catalogue`);
    watch.start();
    this.closers.push(() => watch.stop());
    return watch;
  }
}

type Pool = ReturnType<typeof openPool>;

/** Sees to it that there are scenes to do as long as there are faults to come. */
class Supply {
  private readonly stopped = new AbortController();

  constructor(
    private readonly pool: Pool,
    private readonly season: ChaosSeason,
    private readonly campaigns: Campaigns,
    private readonly broken: (what: string) => void,
  ) {}

  /** Enters so many scenes at least, of all cards. */
  async fill(scenes: number): Promise<void> {
    for (let entered = 0; entered < scenes;)
      for (const card of CARDS) entered += await this.season.addYear(this.pool, card);
  }

  async keepUp(): Promise<void> {
    while (!this.stopped.signal.aborted) {
      for (const card of CARDS) {
        const left = await this.ingested(card);
        if (left !== undefined && left < ENOUGH_SCENES)
          await this.season.addYear(this.pool, card).catch(nothing);
        const status = await this.campaigns.status(card);
        if (status === 'FAILED')
          this.broken(`campaign ${card} failed: ${await this.campaigns.whyFailed(card)}`);
        // A campaign that came to the end of its scenes meanwhile takes up the new ones.
        if (status === 'FAILED' || status === 'COMPLETED') await this.campaigns.start(card);
      }
      await sleep(1_000, undefined, { signal: this.stopped.signal }).catch(nothing);
    }
  }

  async stop(): Promise<void> {
    this.stopped.abort();
    for (const card of CARDS)
      if ((await this.campaigns.status(card)) === 'COMPLETED' && ((await this.ingested(card)) ?? 1) > 0)
        await this.campaigns.start(card);
  }

  private async ingested(card: Card): Promise<number | undefined> {
    const asked = this.pool.query<{ count: number }>(
      `SELECT count(*)::integer AS count FROM season.chaos_catalogue WHERE card = $1 AND status = 'ingested'`,
      [card],
    );
    return (await asked.catch(() => undefined))?.rows[0]?.count;
  }
}

const ENOUGH_SCENES = 6;

/** So many faults in a random order in which each comes once before any comes again. */
function deck(count: number, next: Random): Fault[] {
  const faults: Fault[] = [];
  while (faults.length < count) {
    const rest = [...FAULTS];
    while (rest.length > 0) faults.push(...rest.splice(Math.floor(next() * rest.length), 1));
  }
  return faults.slice(0, count);
}

function describe(number: number, { name, at, inHand, lasted, recovery }: Struck): string {
  const got = recovery === undefined ? 'NO RECOVERY' : `recovered after ${recovery.toFixed(1)} s`;
  return `${number}. at ${at.toFixed(0)} s, ${inHand} scenes in hand: ${name}; lasted ${lasted.toFixed(1)} s, ${got}`;
}

export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? NaN;
}

function nothing(): void {
  // Told by what follows from it.
}
