/** A soak: a schedule ticks through simulated days, scenes are published on some of them, and everything is weighed. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import pg from 'pg';
import { type Audit, audit } from '../../catalogue/audit/index.js';
import type { Tables } from '../../catalogue/terms.js';
import { createSchedule, scheduleOf } from '../../cli/schedules.js';
import { asJson, connectionOf, dbConfig, s3Config } from '../../demo/config-files.js';
import { loadSeason } from '../../demo/season/load-season.js';
import { world } from '../../demo/season/world.js';
import { scheduleId } from '../../workflows/ids.js';
import { type Servers, startServers } from '../product/servers.js';
import { WorkerProcess } from '../product/worker-process.js';
import {
  bytesBelow,
  type Closed,
  closedWorkflows,
  countWorkflows,
  schedulerEvents,
  tableBytes,
  type TableBytes,
} from './gauges.js';
import { CLOUD_LIMIT, PAGE_ITEMS, PERIOD, SoakSeason } from './season.js';

export interface SoakOptions {
  readonly folder: string;
  readonly days: number;
  readonly ticksPerDay: number;
  /** Real time between ticks. */
  readonly everyMs: number;
  readonly say: (line: string) => void;
}

/** Seconds of CPU by process. */
export type Cpu = Readonly<Record<string, number>>;

/** A simulated day, weighed at its end. Memory is the least of the day: what is left when garbage has been collected. */
export interface Day extends TableBytes {
  readonly day: number;
  /** Ticks that have come to an end so far. */
  readonly ticks: number;
  /** Whether a scene was published on it. */
  readonly busy: boolean;
  readonly seconds: number;
  readonly worker: number;
  readonly temporal: number;
  /** The Temporal server's database with its write-ahead log. */
  readonly temporalFile: number;
  readonly scratch: number;
  readonly open: number;
  readonly schedulerEvents: number | undefined;
  /** Of this day alone. */
  readonly cpu: Cpu;
}

export interface Soak {
  readonly options: SoakOptions;
  readonly days: readonly Day[];
  /** A second of everything with the schedule paused. */
  readonly resting: Cpu;
  readonly closed: readonly Closed[];
  readonly openAtEnd: number;
  readonly published: number;
  /** Scenes of the catalogue by status word. */
  readonly statuses: Readonly<Record<string, number>>;
  readonly audit: Audit;
  readonly seconds: number;
}

const NAME = 'soak';
const TABLES: Tables = {
  catalogue: 'dias_catalogue',
  aois: 'aois',
  parcels: 'parcels',
  results: 'sigs',
  hists: 'hists',
};
const LOOK_MS = 500;
const RESTING_MS = 15_000;
/** A day whose ticks have not ended after so many times its length has got stuck. */
const PATIENCE = 20;

export async function runSoak(options: SoakOptions): Promise<Soak> {
  const run = new SoakRun(options);
  try {
    return await run.perform();
  } finally {
    await run.end();
  }
}

class SoakRun {
  private readonly began = Date.now();
  private readonly closers: (() => Promise<unknown>)[] = [];

  constructor(private readonly options: SoakOptions) {}

  async perform(): Promise<Soak> {
    const { folder, days, say } = this.options;
    const servers = await startServers({ folder, say }, { fresh: true });
    this.closers.push(() => servers.stop());
    const pool = new pg.Pool({ connectionString: servers.database.url, max: 2 });
    // Idle connections are cut when the servers stop.
    pool.on('error', () => undefined);
    this.closers.push(() => pool.end());
    const season = await SoakSeason.open(servers.bucket, days);
    this.closers.push(() => season.close());
    const site = await this.openSite(servers, pool);
    const worker = await WorkerProcess.start(site);
    this.closers.push(() => worker.stop());
    const connection = await Connection.connect({ address: servers.temporal.address });
    this.closers.push(() => connection.close());
    const client = new Client({ connection });

    await this.createSchedule(client, season);
    const schedule = scheduleOf(client, NAME);
    await schedule.pause();
    const resting = await this.rest(servers, worker);
    await schedule.unpause();
    const weighed: Day[] = [];
    for (let day = 0; day < days; day++) {
      await season.publish(day);
      const scale = new Scale(servers, worker, client, pool, join(site.folder, 'scratch'));
      weighed.push(await this.passDay(day, season.hasScene(day), scale, client));
    }
    await this.until(
      'every scene is extracted',
      async () => (await extracted(pool)) >= season.published.length,
    );
    await schedule.pause();
    await this.until('nothing runs', async () => (await countWorkflows(client, RUNNING)) === 0);
    return {
      options: this.options,
      days: weighed,
      resting,
      closed: await closedWorkflows(client),
      openAtEnd: await countWorkflows(client, RUNNING),
      published: season.published.length,
      statuses: await statuses(pool),
      audit: await audit(pool, {}, { each: 5 }),
      seconds: (Date.now() - this.began) / 1000,
    };
  }

  /** Ends what was started, the last first. */
  async end(): Promise<void> {
    for (const close of this.closers.reverse()) await close().catch(() => undefined);
  }

  private async openSite(servers: Servers, pool: pg.Pool) {
    const season = world(7);
    await loadSeason(pool, { ...season, scenes: [] }, [TABLES]);
    const folder = join(this.options.folder, 'site');
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    const config = dbConfig(connectionOf(servers.database), TABLES, { aoi: season.aoi.name, ...PERIOD });
    await writeFile(join(folder, 'db_config.json'), asJson(config), { mode: 0o600 });
    await writeFile(join(folder, 's3_config.json'), asJson(s3Config(servers.s3)), { mode: 0o600 });
    return { servers, folder, pool, close: () => pool.end() };
  }

  /** The whole period is swept once a simulated day, as it is once a day in earnest. */
  private async createSchedule(client: Client, season: SoakSeason): Promise<void> {
    const { everyMs, ticksPerDay } = this.options;
    const sync = {
      source: { stac: season.url, collection: 'sentinel-2-l2a' },
      cloud: CLOUD_LIMIT,
      pageSize: PAGE_ITEMS,
      lookbackDays: 30,
      sweepHours: (everyMs * ticksPerDay) / 3_600_000,
    };
    await createSchedule(client, { name: NAME, sync, campaign: { card: 's2' } }, { everyMs });
  }

  private async rest(servers: Servers, worker: WorkerProcess): Promise<Cpu> {
    const before = cpuOf(servers, worker);
    await sleep(RESTING_MS);
    return perSecond(minus(cpuOf(servers, worker), before), RESTING_MS / 1000);
  }

  private async passDay(day: number, busy: boolean, scale: Scale, client: Client): Promise<Day> {
    const { ticksPerDay, everyMs, say } = this.options;
    const wanted = (day + 1) * ticksPerDay;
    const began = Date.now();
    let ticks = await countWorkflows(client, ENDED_TICKS);
    while (ticks < wanted) {
      if (Date.now() - began > PATIENCE * (ticksPerDay * everyMs + 1000))
        throw new Error(`day ${day + 1} does not end: ${ticks} of ${wanted} ticks`);
      // Not asked before it can be so: questions cost the server, too.
      const enough = Date.now() + (wanted - ticks) * everyMs;
      while (Date.now() < enough) {
        scale.look();
        await sleep(LOOK_MS);
      }
      ticks = await countWorkflows(client, ENDED_TICKS);
    }
    const weighed = { day: day + 1, ticks, busy, ...(await scale.weigh()) };
    say(
      `day ${day + 1}: ${ticks} ticks, worker ${(weighed.worker / 1e6).toFixed(0)} MB, ` +
        `Temporal ${(weighed.temporal / 1e6).toFixed(0)} MB, its file ${(weighed.temporalFile / 1e6).toFixed(1)} MB`,
    );
    return weighed;
  }

  private async until(what: string, holds: () => Promise<boolean>): Promise<void> {
    const began = Date.now();
    while (!(await holds())) {
      if (Date.now() - began > 120_000) throw new Error(`not within two minutes: ${what}`);
      await sleep(LOOK_MS);
    }
  }
}

const RUNNING = `ExecutionStatus = 'Running'`;
const ENDED_TICKS = `WorkflowType = 'tick' AND ExecutionStatus != 'Running'`;

/** Weighs one day. */
class Scale {
  private readonly began = Date.now();
  private readonly before: Cpu;
  private worker = Infinity;
  private temporal = Infinity;

  constructor(
    private readonly servers: Servers,
    private readonly process: WorkerProcess,
    private readonly client: Client,
    private readonly pool: pg.Pool,
    private readonly scratch: string,
  ) {
    this.before = cpuOf(servers, process);
  }

  look(): void {
    this.worker = Math.min(this.worker, this.process.residentBytes);
    this.temporal = Math.min(this.temporal, this.servers.memory().Temporal ?? Infinity);
  }

  async weigh(): Promise<Omit<Day, 'day' | 'ticks' | 'busy'>> {
    this.look();
    const cpu = minus(cpuOf(this.servers, this.process), this.before);
    const { worker, temporal } = this;
    return {
      worker,
      temporal,
      cpu,
      seconds: (Date.now() - this.began) / 1000,
      temporalFile: await bytesBelow(this.servers.temporalFolder),
      scratch: await bytesBelow(this.scratch),
      open: await countWorkflows(this.client, RUNNING),
      schedulerEvents: await schedulerEvents(this.client, scheduleId(NAME)),
      ...(await tableBytes(this.pool)),
    };
  }
}

function cpuOf(servers: Servers, worker: WorkerProcess): Cpu {
  return { worker: worker.cpuSeconds, ...servers.cpu() };
}

function minus(after: Cpu, before: Cpu): Cpu {
  return Object.fromEntries(Object.entries(after).map(([name, used]) => [name, used - (before[name] ?? 0)]));
}

function perSecond(used: Cpu, seconds: number): Cpu {
  return Object.fromEntries(Object.entries(used).map(([name, value]) => [name, value / seconds]));
}

async function statuses(pool: pg.Pool): Promise<Record<string, number>> {
  const { rows } = await pool.query<{ status: string; scenes: number }>(
    'SELECT status, count(*)::int AS scenes FROM dias_catalogue GROUP BY status',
  );
  return Object.fromEntries(rows.map(({ status, scenes }) => [status, scenes]));
}

async function extracted(pool: pg.Pool): Promise<number> {
  return (await statuses(pool)).extracted ?? 0;
}
