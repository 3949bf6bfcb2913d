/** A soak: a schedule ticks through simulated days, scenes are published on some of them, and everything is weighed. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import pg from 'pg';
import { type Audit, audit } from '../../database/audit/index.js';
import { scheduleOf } from '../../client/index.js';
import { scheduleId } from '../../workflows/ids.js';
import { startServers } from '../product/servers.js';
import { WorkerProcess } from '../product/worker-process.js';
import { SMALL_CACHES } from './caches.js';
import { type Cpu, cpuOf, minus, perSecond } from './cpu.js';
import {
  type Closed,
  closedWorkflows,
  countWorkflows,
  ENDED_TICKS,
  extracted,
  RUNNING,
  statuses,
} from './gauges.js';
import { type Day, type Load, Scale } from './scale.js';
import { SoakSeason } from './season.js';
import { openSite, scheduleTicks } from './site.js';

export interface SoakOptions {
  readonly folder: string;
  readonly days: number;
  readonly ticksPerDay: number;
  /** Real time between ticks. */
  readonly everyMs: number;
  readonly say: (line: string) => void;
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
const LOOK_MS = 500;
const RESTING_MS = 15_000;
/** A day whose ticks have not ended after so many times its length has got stuck. */
const STUCK_AFTER = 20;

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
    const servers = await startServers({ folder, say }, { fresh: true, temporalFlags: SMALL_CACHES.flags });
    this.closers.push(() => servers.stop());
    const pool = new pg.Pool({ connectionString: servers.database.url, max: 2 });
    // Idle connections are cut when the servers stop.
    pool.on('error', () => undefined);
    this.closers.push(() => pool.end());
    const season = await SoakSeason.open(servers.bucket, days);
    this.closers.push(() => season.close());
    const site = await openSite(folder, servers, pool);
    const worker = await WorkerProcess.start(site);
    this.closers.push(() => worker.stop());
    const connection = await Connection.connect({ address: servers.temporal.address });
    this.closers.push(() => connection.close());
    const client = new Client({ connection });

    await scheduleTicks(client, NAME, season.url, this.options);
    const schedule = scheduleOf(client, NAME);
    await schedule.pause();
    const scratch = join(site.folder, 'scratch');
    const load: Load = { servers, worker, client, pool, scratch, schedule: scheduleId(NAME) };
    const resting = await this.rest(load);
    await schedule.unpause();
    const weighed: Day[] = [];
    for (let day = 0; day < days; day++) {
      await season.publish(day);
      weighed.push(await this.passDay(day, season.hasScene(day), load));
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

  private async rest({ servers, worker }: Load): Promise<Cpu> {
    const before = cpuOf(servers, worker);
    await sleep(RESTING_MS);
    return perSecond(minus(cpuOf(servers, worker), before), RESTING_MS / 1000);
  }

  private async passDay(day: number, busy: boolean, load: Load): Promise<Day> {
    const { ticksPerDay, everyMs, say } = this.options;
    const scale = new Scale(load);
    const wanted = (day + 1) * ticksPerDay;
    const began = Date.now();
    let ticks = await countWorkflows(load.client, ENDED_TICKS);
    while (ticks < wanted) {
      if (Date.now() - began > STUCK_AFTER * (ticksPerDay * everyMs + 1000))
        throw new Error(`day ${day + 1} does not end: ${ticks} of ${wanted} ticks`);
      // Not asked before it can be so: questions cost the server, too.
      const enough = Date.now() + (wanted - ticks) * everyMs;
      while (Date.now() < enough) {
        scale.look();
        await sleep(LOOK_MS);
      }
      ticks = await countWorkflows(load.client, ENDED_TICKS);
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
